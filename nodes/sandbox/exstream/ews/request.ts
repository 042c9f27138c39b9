import { SaxesParser } from "saxes";

/** What a Compose request asks for (wire/exstream.md 8.1). */
export interface ComposeRequest {
  driver: Buffer;
  /** The engine's logical file name, for example `FILEINPUT`. */
  driverFile: string;
  engineOptions: { name: string; value: string }[];
  fileReturnRegEx?: string;
  includeHeader: boolean;
  includeMessageFile: boolean;
  /** Of a WS-Security UsernameToken. */
  credentials?: { user: string; password: string };
}

/** A request that cannot be understood. */
export class EwsError extends Error {}

const DRIVER = "driver/driver";
const DEEPEST = 20;
/** Longest text of an element that is not the driver. */
const LONGEST_TEXT = 64 * 1024;

/** Room for an envelope around the driver. */
const AROUND = 1024 * 1024;

/**
 * Reads a SOAP envelope while it comes in, and stops at the first thing that is wrong with it or once it is too large. Prefixes and
 * namespaces are not looked at; a DOCTYPE is refused. Throws `EwsError`.
 */
export async function readComposeRequest(body: AsyncIterable<Uint8Array>, driverLimit: number): Promise<ComposeRequest> {
  const reader = new RequestReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let room = Math.ceil((driverLimit * 4) / 3) + AROUND;
  try {
    for await (const chunk of body) {
      room -= chunk.length;
      if (room < 0) refuse(`a driver may have up to ${driverLimit} bytes`);
      reader.write(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    throw error instanceof EwsError ? error : new EwsError(`the request cannot be read: ${(error as Error).message}`);
  }
  return reader.end();
}

class RequestReader {
  private readonly parser = new SaxesParser();
  private readonly path: string[] = [];
  private driver = Buffer.alloc(0);
  private text = "";
  private readonly texts = new Map<string, string>();
  private readonly engineOptions: { name: string; value: string }[] = [];

  constructor() {
    this.parser.on("error", (error) => refuse(error.message));
    this.parser.on("doctype", () => refuse("a DOCTYPE is not taken"));
    this.parser.on("opentag", ({ name }) => {
      if (this.path.length >= DEEPEST) refuse(`elements are nested more than ${DEEPEST} deep`);
      this.path.push(name.slice(name.indexOf(":") + 1));
      this.text = "";
    });
    this.parser.on("text", (text) => this.take(text));
    this.parser.on("cdata", (text) => this.take(text));
    this.parser.on("closetag", () => this.close());
  }

  write(text: string): void {
    this.parser.write(text);
  }

  end(): ComposeRequest {
    this.parser.close();
    if (!this.texts.has("Compose/EWSComposeRequest")) refuse("the envelope holds no Compose/EWSComposeRequest");
    const field = (name: string) => this.texts.get(`EWSComposeRequest/${name}`);
    const [user, password] = [this.texts.get("UsernameToken/Username"), this.texts.get("UsernameToken/Password")];
    return {
      driver: this.driver,
      driverFile: this.texts.get("driver/fileName") ?? "",
      engineOptions: this.engineOptions,
      fileReturnRegEx: field("fileReturnRegEx") || undefined,
      includeHeader: field("includeHeader") === "true",
      includeMessageFile: field("includeMessageFile") === "true",
      credentials: user === undefined ? undefined : { user, password: password ?? "" },
    };
  }

  private take(text: string): void {
    this.text += text;
    if (this.place() !== DRIVER && this.text.length > LONGEST_TEXT) refuse(`element '${this.path.at(-1)}' is too long`);
  }

  private close(): void {
    const place = this.place();
    if (place === DRIVER) this.driver = decoded(this.text);
    else this.texts.set(place, this.text.trim());
    if (place === "engineOptions/name") this.engineOptions.push({ name: this.text.trim(), value: "" });
    const option = this.engineOptions.at(-1);
    if (place === "engineOptions/value" && option) option.value = this.text.trim();
    this.path.pop();
    this.text = "";
  }

  /** The element that is open, and the one around it. */
  private place(): string {
    return this.path.slice(-2).join("/");
  }
}

function decoded(base64: string): Buffer<ArrayBuffer> {
  const signs = base64.replace(/\s+/g, "");
  if (signs.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(signs)) refuse("the driver is not base64");
  return Buffer.from(signs, "base64");
}

function refuse(why: string): never {
  throw new EwsError(why);
}
