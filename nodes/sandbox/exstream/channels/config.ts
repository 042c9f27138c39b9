import { isAbsolute } from "node:path";
import { VARIANTS, type Variant } from "../compose/customer";
import {
  addressOf,
  type Backoff,
  backoffOf,
  choice,
  type Fields,
  fieldsOf,
  headerName,
  headerText,
  matching,
  number,
  SettingsError,
  text,
} from "../settings";
import { type IndexFile, PATH_COLUMN } from "./index-file";

/** How the sandbox proves itself to a receiver. `header` sends a header of any name. */
export type ChannelAuthorization =
  | { type: "basic"; user: string; password: string }
  | { type: "bearer"; token: string }
  | { type: "header"; name: string; value: string };

interface ChannelBase {
  name: string;
  /** Which outputs it takes; all when absent. */
  variants?: Variant[];
  /** Outputs on their way at a time. */
  parallel: number;
  /** First and longest pause between two tries of one output, in milliseconds; it doubles in between. */
  backoffMs: Backoff;
  /** Gives up (as rejected) after so many tries; 0 never does. */
  tries: number;
  /** Assured delivery: what was delivered is held until the step is released. */
  assured: boolean;
}

/** Output by HTTP submit (wire/exstream.md 13.4). */
export interface HttpChannel extends ChannelBase {
  kind: "http";
  url: string;
  method: "POST" | "PUT";
  mode: "raw" | "multipart" | "envelope";
  /** Form of mode envelope: the whole on-demand reply with `metadata` beside it, or one element of it with `metadata`. */
  envelope: "reply" | "element";
  authorization?: ChannelAuthorization;
  /** Longest silence on the connection. */
  timeoutMs: number;
  /** Sent with every request; a value may be a Mustache template over the metadata. */
  headers: Record<string, string>;
}

/** Output by directory with sidecar metadata (wire/exstream.md 13.5). */
export interface FolderChannel extends ChannelBase {
  kind: "folder";
  folder: string;
  sidecar: "json" | "xml" | "mdas" | "none";
  /** `stem`: `x.json` beside `x.pdf`; `full`: `x.pdf.json`. */
  sidecarName: "stem" | "full";
  /** Makes an empty file of the document's stem plus this, after the sidecar. */
  marker?: string;
  /** Makes an empty file of the job id plus this once the last document of a job is there. */
  jobMarker?: string;
  /** Puts the documents of a job into a folder named by the job id. */
  subfolder: boolean;
  /** Puts them where the cloud product does: `jobs/<job>/<flow instance>/docgen/<flow step>/output`. */
  jobTree: boolean;
  /** Puts each document into a folder named by its communication channel: `print`, `email`, `mobile`, `sms`. */
  byChannel: boolean;
  /** Writes an index file once the last document of a job is there. */
  index?: IndexFile;
  /** The same with `ErrorReport.csv`, and with `_STDDELIVERYFILE.xml`. */
  errorReport: boolean;
  deliveryFile: boolean;
}

/** Output that waits at the service gateway until somebody fetches and, with `assured`, settles it (wire/exstream.md 8.2, 9.7). */
export interface GatewayChannel extends ChannelBase {
  kind: "gateway";
}

export type Channel = HttpChannel | FolderChannel | GatewayChannel;

/** Checks a list of channels as an administrator sends it and fills in the defaults. Throws `SettingsError`. */
export function channelsOf(value: unknown): Channel[] {
  if (!Array.isArray(value)) throw new SettingsError("channels must be a list");
  const channels = value.map((each, index) => channelOf(each, `channels[${index}]`));
  const twice = channels.find((each, index) => channels.findIndex((other) => other.name === each.name) !== index);
  if (twice) throw new SettingsError(`channel '${twice.name}' is there twice`);
  return channels;
}

/** The channel with its secrets blotted out. */
export function withoutSecrets(channel: Channel): Channel {
  if (channel.kind !== "http" || !channel.authorization) return channel;
  const hidden = Object.fromEntries(
    Object.entries(channel.authorization).map(([name, value]) => [name, ["password", "token", "value"].includes(name) ? "***" : value]),
  );
  return { ...channel, authorization: hidden as ChannelAuthorization };
}

function channelOf(value: unknown, where: string): Channel {
  const fields = fieldsOf(value, where);
  const base = {
    name: matching(fields.name, /^[A-Za-z0-9._-]{1,100}$/, `${where}.name`),
    variants: fields.variants === undefined ? undefined : variantsOf(fields.variants, `${where}.variants`),
    parallel: number(fields.parallel, 4, 1, 256, `${where}.parallel`),
    backoffMs: backoffOf(fields.backoffMs, `${where}.backoffMs`),
    tries: number(fields.tries, 0, 0, 1_000_000, `${where}.tries`),
    assured: fields.assured === true,
  };
  if (fields.kind === "http") return { ...base, kind: "http", ...httpFields(fields, where) };
  if (fields.kind === "folder") return { ...base, kind: "folder", ...folderFields(fields, where) };
  if (fields.kind === "gateway") return { ...base, kind: "gateway" };
  throw new SettingsError(`${where}.kind must be http, folder or gateway`);
}

function httpFields(fields: Fields, where: string): Omit<HttpChannel, keyof ChannelBase | "kind"> {
  return {
    url: addressOf(fields.url, `${where}.url`),
    method: choice(fields.method, ["POST", "PUT"], `${where}.method`),
    mode: choice(fields.mode, ["raw", "multipart", "envelope"], `${where}.mode`),
    envelope: choice(fields.envelope, ["reply", "element"], `${where}.envelope`),
    authorization: fields.authorization === undefined ? undefined : authorizationOf(fields.authorization, `${where}.authorization`),
    timeoutMs: number(fields.timeoutMs, 30_000, 1, 3_600_000, `${where}.timeoutMs`),
    headers: headersOf(fields.headers ?? {}, `${where}.headers`),
  };
}

function folderFields(fields: Fields, where: string): Omit<FolderChannel, keyof ChannelBase | "kind"> {
  if (typeof fields.folder !== "string" || !isAbsolute(fields.folder)) throw new SettingsError(`${where}.folder must be an absolute path`);
  for (const name of ["deliveryFile", "errorReport", "index"]) {
    const perJob = fields.subfolder === true || fields.jobTree === true;
    if (fields[name] && !perJob) throw new SettingsError(`${where}.${name} needs subfolder or jobTree`);
  }
  return {
    folder: fields.folder,
    sidecar: choice(fields.sidecar, ["json", "xml", "mdas", "none"], `${where}.sidecar`),
    sidecarName: choice(fields.sidecarName, ["stem", "full"], `${where}.sidecarName`),
    marker: ending(fields.marker, `${where}.marker`),
    jobMarker: ending(fields.jobMarker, `${where}.jobMarker`),
    subfolder: fields.subfolder === true,
    jobTree: fields.jobTree === true,
    byChannel: fields.byChannel === true,
    index: fields.index === undefined ? undefined : indexOf(fields.index, `${where}.index`),
    errorReport: fields.errorReport === true,
    deliveryFile: fields.deliveryFile === true,
  };
}

/** The separator comes as hexadecimal characters, as the vendor's connector has it: `7C`, `09`, `1F`. */
function indexOf(value: unknown, where: string): IndexFile {
  const fields = fieldsOf(value, where);
  const hex = matching(fields.separator ?? "7C", /^([0-9A-Fa-f]{2})+$/, `${where}.separator`);
  const columns = fields.columns ?? [PATH_COLUMN, "CustomerNumber", "AccountNumber", "Period", "QueueName"];
  if (!Array.isArray(columns) || columns.length === 0) throw new SettingsError(`${where}.columns must be a list of names`);
  return {
    name: matching(fields.name ?? "index.idx", /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/, `${where}.name`),
    separator: Buffer.from(hex, "hex").toString("latin1"),
    columns: columns.map((column, at) => matching(column, /^[A-Za-z0-9]{1,100}$/, `${where}.columns[${at}]`)),
    header: fields.header === true,
    encoding: choice(fields.encoding, ["utf8", "latin1"], `${where}.encoding`),
  };
}

function authorizationOf(value: unknown, where: string): ChannelAuthorization {
  const fields = fieldsOf(value, where);
  const type = choice(fields.type, ["basic", "bearer", "header"], `${where}.type`);
  if (type === "bearer") return { type, token: headerText(fields.token, `${where}.token`) };
  if (type === "header") return { type, name: headerName(fields.name, `${where}.name`), value: headerText(fields.value, `${where}.value`) };
  return { type, user: text(fields.user, `${where}.user`), password: text(fields.password, `${where}.password`) };
}

function headersOf(value: unknown, where: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value, where)).map(([name, each]) => [headerName(name, where), text(each, `${where}.${name}`)]),
  );
}

function variantsOf(value: unknown, where: string): Variant[] {
  if (Array.isArray(value) && value.every((each) => Object.hasOwn(VARIANTS, String(each)))) return value as Variant[];
  throw new SettingsError(`${where} may hold ${Object.keys(VARIANTS).join(", ")}`);
}

function ending(value: unknown, where: string): string | undefined {
  return value === undefined ? undefined : matching(value, /^[A-Za-z0-9._-]{1,40}$/, where);
}
