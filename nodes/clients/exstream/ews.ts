import { text } from "node:stream/consumers";
import { DocbridgeError } from "../../core/errors";
import { type CallOptions, type ConnectionOptions, Session } from "../http/session";
import { composeEnvelope, ENGINE_NAMESPACE, type EwsRequest, type UsernameToken } from "./ews-envelope";
import type { ComposeReply } from "./exstream";

export interface EwsOptions extends ConnectionOptions {
  /** Of the service itself, e.g. `http://engine.example:8080/EngineService/EngineService`. */
  address: string;
  /** Goes into the envelope (WS-Security, password as text); `credentials` go into HTTP headers. */
  usernameToken?: UsernameToken;
}

/** The largest service description that is read, bytes. */
const DESCRIPTION_BYTES = 1024 * 1024;

/** Exstream's engine as a SOAP service on premises, EWS (wire/exstream.md 8.1). Throws DocbridgeError. */
export class EwsClient {
  readonly #session: Session;
  readonly #address: string;
  readonly #token: UsernameToken | undefined;

  /** Throws `configuration` when the address is no http address. */
  constructor({ address, usernameToken, ...options }: EwsOptions) {
    this.#session = new Session(address, options, { readFailure: () => undefined });
    this.#address = address;
    this.#token = usernameToken;
  }

  /** Proves that the address is that of an engine service, by its description. Whether it would let us compose, only composing shows. */
  async check({ signal }: CallOptions = {}): Promise<void> {
    const { stream, status } = await this.#session.open({ url: `${this.#address}?wsdl`, signal });
    let read = 0;
    const description = await text(
      stream.map((chunk: Buffer) => {
        read += chunk.length;
        if (read > DESCRIPTION_BYTES) throw noService(status);
        return chunk;
      }),
    );
    if (!description.includes(ENGINE_NAMESPACE)) throw noService(status);
  }

  /**
   * Composes; the request goes out while its driver is read. The reply is SOAP, also where it is a fault: who reads it finds out.
   * A failure that is `ambiguous` may have composed. Throws also what reading the driver throws.
   */
  async compose(request: EwsRequest & CallOptions): Promise<ComposeReply> {
    const { status, headers, stream } = await this.#session.open({
      method: "POST",
      url: this.#address,
      headers: { Accept: "text/xml, application/soap+xml", "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""' },
      body: composeEnvelope(request, this.#token),
      // SOAP 1.1 sends every fault with 500, SOAP 1.2 those of the caller with 400.
      takes: (other, type) => (other === 500 || other === 400) && isXml(type),
      signal: request.signal,
    });
    const mediaType = headers["content-type"] ?? "";
    if (isXml(mediaType)) return { kind: "soap", status, mediaType, stream };
    stream.destroy();
    throw new DocbridgeError("unexpected-reply", {
      message: `The reply of the engine service is no plain SOAP${multipart(mediaType)}. Check that the address of the connection leads to EWS.`,
      ambiguous: true,
      status,
    });
  }

  close(): void {
    this.#session.close();
  }
}

function isXml(mediaType: string): boolean {
  return /^(text|application)\/(.+\+)?xml\b/i.test(mediaType);
}

/** Attachments (MTOM) are in no public description of the service. [UNKNOWN] */
function multipart(mediaType: string): string {
  return mediaType.toLowerCase().startsWith("multipart/") ? " but multipart: switch attachments (MTOM) off for this service" : "";
}

function noService(status: number): DocbridgeError {
  return new DocbridgeError("unexpected-reply", {
    message: `There is no description of Exstream's engine service (?wsdl) at the address. Check the address of the engine service.`,
    status,
  });
}
