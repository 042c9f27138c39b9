import { DocbridgeError } from "../../errors";
import { chunksOf } from "../chunks";
import type { Store } from "../content-pipe";
import type { IntakeContext } from "../metadata";
import { decodedXml } from "../xml/parser";
import { type ContentSink, StreamedXml } from "../xml/stream";
import { XmlText } from "../xml/text";
import { type EwsFault, faultError } from "./fault";
import { type EwsDocument, EwsFile } from "./file";
import { EngineMessages } from "./messages";

export interface EwsLimits {
  /** Characters the reply may have beside its contents; default 16 Mi. */
  characters: number;
  /** Files of a reply; default 10,000. */
  files: number;
}

const DEFAULT_LIMITS: EwsLimits = { characters: 16 * 1024 * 1024, files: 10_000 };

/** What a Compose call gave back. */
export interface EwsReply<T> {
  documents: EwsDocument<T>[];
  /** How the engine says it ended, in its own words. */
  statusMessage?: string;
  /** What its message file says, where one was asked for. */
  messages: EngineMessages;
}

/**
 * Reads the SOAP reply of a Compose call (wire/exstream.md 8.1) as it arrives: each `fileOutput` goes to `store` decoded and
 * at its pace, one after the other; of the message file only the codes are kept. Prefixes and namespaces are not looked at.
 * When this throws, what was stored before is the caller's to give up. Throws DocbridgeError `body-unreadable` (no XML, DTD,
 * cut off, wrong base64, no reply of this service), `body-too-large`, what a SOAP fault of either version stands for
 * (`faultError`), and what the store and FactsBuilder throw.
 */
export async function readEwsReply<T>(
  body: AsyncIterable<Uint8Array>,
  context: IntakeContext,
  store: Store<T>,
  given: Partial<EwsLimits> = {},
): Promise<EwsReply<T>> {
  const reading = new EwsReading(context, store, { ...DEFAULT_LIMITS, ...given });
  const text = new XmlText();
  try {
    for await (const chunk of chunksOf(body, "body-unreadable", "reply")) {
      await reading.xml.write(decodedXml(() => text.write(chunk), unreadable));
    }
    await reading.xml.write(decodedXml(() => text.end(), unreadable));
    reading.xml.end();
    return reading.reply();
  } catch (error) {
    await reading.file?.abort(error);
    throw error;
  }
}

class EwsReading<T> {
  readonly xml: StreamedXml;
  /** The file that is open. */
  file: EwsFile<T> | undefined;
  private readonly documents: EwsDocument<T>[] = [];
  private readonly messages = new EngineMessages();
  private readonly fault: EwsFault = {};
  private isReply = false;
  private isFault = false;
  private statusMessage: string | undefined;

  constructor(
    private readonly context: IntakeContext,
    private readonly store: Store<T>,
    private readonly limits: EwsLimits,
  ) {
    this.xml = new StreamedXml({
      characters: limits.characters,
      open: (path) => this.open(path),
      leaf: (path, text) => this.leaf(path, text),
      close: (path) => this.close(path),
      unreadable,
      tooLarge,
    });
  }

  reply(): EwsReply<T> {
    if (this.isFault) throw faultError(this.fault);
    if (!this.isReply) throw unreadable("holds neither a ComposeResponse nor a fault");
    const { documents, statusMessage, messages } = this;
    return { documents, ...(statusMessage === undefined ? {} : { statusMessage }), messages };
  }

  private open(path: readonly string[]): ContentSink | undefined {
    const [parent, name] = path.slice(-2);
    if (name === "ComposeResponse") this.isReply = true;
    if (parent === "Body" && name === "Fault") this.isFault = true;
    if (parent === "return" && name === "files") {
      if (this.documents.length >= this.limits.files) throw tooLarge(`has more than ${this.limits.files} files`);
      this.file = new EwsFile(this.documents.length, this.context, this.store, unreadable);
    }
    if (parent === "files" && name === "fileOutput") return this.file?.content();
    if (parent === "return" && name === "engineMessage") return this.messages.content(unreadable);
    return undefined;
  }

  private leaf(path: readonly string[], text: string): void {
    const [parent = "", name = ""] = path.slice(-2);
    if (this.isFault) {
      if (name === "faultcode" || (name === "Value" && parent === "Code")) this.fault.code = text;
      else if (name === "Value" && parent === "Subcode") this.fault.subcode = text;
      else if (name === "faultstring" || (name === "Text" && parent === "Reason")) this.fault.reason ??= text;
    } else if (parent === "return" && name === "statusMessage") {
      this.statusMessage = text;
    } else if (parent === "files" || parent === "fileHeader") {
      this.file?.take(parent, name, text);
    }
  }

  private close(path: readonly string[]): void {
    if (!this.file || path.at(-1) !== "files") return;
    this.documents.push(this.file.document());
    this.file = undefined;
  }
}

function unreadable(what: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("body-unreadable", {
    message: `The reply of the engine service cannot be read: it ${what}. Nothing of it was taken in; see the log of the service.`,
    subject: "reply",
    cause,
  });
}

function tooLarge(what: string): DocbridgeError {
  return new DocbridgeError("body-too-large", {
    message: `The reply of the engine service ${what}. Nothing of it was taken in; have fewer customers composed in one call.`,
    subject: "reply",
  });
}
