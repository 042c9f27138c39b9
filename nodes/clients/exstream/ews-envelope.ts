import { DocbridgeError } from "../../core/errors";
import { type ByteSource, base64Body } from "../http/base64-stream";
import type { StreamedBody } from "../http/download";

export const ENGINE_NAMESPACE = "urn:hpexstream-services/Engine";
const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const PASSWORD_TEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText";

/** What a Compose call says (wire/exstream.md 8.1). What is left out is the engine's, or its control file's, to decide. */
export interface EwsRequest {
  driver: Buffer | ByteSource;
  /** The engine's logical file name (DD) of the driver, for example `FILEINPUT`. */
  driverFile: string;
  driverEncoding?: string;
  engineOptions?: { name: string; value: string }[];
  /** Names the files that are wanted back. */
  fileReturnRegEx?: string;
  includeHeader: boolean;
  includeMessageFile: boolean;
  /** Name the engine gives its output. */
  outputFile?: string;
  pubFile?: string;
}

export interface UsernameToken {
  user: string;
  password: string;
}

/** The SOAP 1.1 envelope of a Compose call, made while it is sent. Throws `invalid-message` for what XML cannot hold. */
export function composeEnvelope(request: EwsRequest, token: UsernameToken | undefined): StreamedBody {
  return base64Body(...around(request, token), request.driver);
}

/** What stands before and after the driver's base64; elements in the order the service's own description has. [INF] */
function around(request: EwsRequest, token: UsernameToken | undefined): [string, string] {
  const {
    driverFile,
    driverEncoding,
    engineOptions = [],
    fileReturnRegEx,
    includeHeader,
    includeMessageFile,
    outputFile,
    pubFile,
  } = request;
  const options = engineOptions.map(({ name, value }) =>
    element("engineOptions", element("name", escaped(name)) + element("value", escaped(value))),
  );
  const head = `<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="${SOAP}">${token ? security(token) : ""}<soap:Body><eng:Compose xmlns:eng="${ENGINE_NAMESPACE}"><EWSComposeRequest><driver><driver>`;
  const tail = [
    `</driver>${element("fileName", escaped(driverFile))}</driver>`,
    optional("driverEncoding", driverEncoding),
    ...options,
    optional("fileReturnRegEx", fileReturnRegEx),
    element("includeHeader", String(includeHeader)),
    element("includeMessageFile", String(includeMessageFile)),
    outputFile === undefined ? "" : element("outputFile", element("fileName", escaped(outputFile))),
    optional("pubFile", pubFile),
    "</EWSComposeRequest></eng:Compose></soap:Body></soap:Envelope>\n",
  ];
  return [head, tail.join("")];
}

function security({ user, password }: UsernameToken): string {
  const token = `${element("wsse:Username", escaped(user))}<wsse:Password Type="${PASSWORD_TEXT}">${escaped(password)}</wsse:Password>`;
  const inner = `<wsse:Security xmlns:wsse="${SECURITY}" soap:mustUnderstand="1">${element("wsse:UsernameToken", token)}</wsse:Security>`;
  return element("soap:Header", inner);
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? "" : element(name, escaped(value));
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** Line breaks as references, which a parser does not change. Of surrogates, only those without their other half are refused. */
function escaped(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML cannot hold.
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/u.test(value)) {
    throw new DocbridgeError("invalid-message", {
      message: "A name, option or sign-in of the Compose call holds a character that XML cannot carry. Correct it in the node's dialog.",
    });
  }
  return value.replace(/[&<>"\r\n]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
