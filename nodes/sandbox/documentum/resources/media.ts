import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { nameOf } from "../model/folder-tree";
import { REPOSITORY_ID } from "../model/id-source";
import type { ContentRecord, ContentRef, ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { type Call, choice, type Reply } from "../wire/call";
import { badRequest, Failure, notFound } from "../wire/failures";
import type { Link } from "../wire/hrefs";

/** Path of the content server on the sandbox's own port; a real one is another machine. */
export const ACS_PATH = "/ACS/servlet/ACS";

/** A content as an object has it. */
export interface Shown {
  record: ObjectRecord;
  ref: ContentRef;
  content: ContentRecord;
}

const POLICIES = ["dc-pref", "dc-only", "local", "all", "req-ip-network-location"] as const;

/**
 * Pre-signed download addresses like those of a Documentum ACS (wire/documentum.md 12.2): anybody may use one, until
 * it expires, exactly as it was given out.
 */
export class Acs {
  /** New at every start: addresses given out before are void. */
  private readonly secret = randomBytes(32);

  constructor(private readonly repository: Repository) {}

  addressOf(origin: string, { record, ref, content }: Shown): string {
    const { repository } = this;
    const parameters = {
      command: "read",
      version: "2.3",
      docbaseid: REPOSITORY_ID,
      basepath: "/data/filestore_01",
      filepath: `80/00/${ref.id.slice(-4, -2)}/${ref.id.slice(-2)}.${repository.formats.byName(ref.format)?.extension ?? "bin"}`,
      objectid: record.id,
      cacheid: ref.id,
      format: ref.format,
      pagenum: String(ref.page),
      servername: "sandboxACS1",
      mode: "1",
      timestamp: String(Math.floor(repository.now() / 1000)),
      length: String(content.size),
      mime_type: content.mediaType,
      parallel_streaming: "true",
      expire_delta: String(repository.switches.number("acs-seconds")),
    };
    const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${origin}${ACS_PATH}?${query.join("&")}&signature=${encodeURIComponent(this.sign(query.join("&")))}`;
  }

  /** Answers a download. `query` exactly as sent: the signature covers every byte of it. */
  download(query: string): Reply {
    const [signed = "", signature = ""] = query.split(/&signature=(.*)$/s);
    if (!this.isGenuine(signed, signature))
      throw new Failure(403, "E_ACCESS_DENIED", "The signature of the download address is not valid.");
    const parameters = new URLSearchParams(signed);
    const expires = Number(parameters.get("timestamp")) + Number(parameters.get("expire_delta"));
    if (this.repository.now() / 1000 > expires) throw new Failure(403, "E_ACCESS_DENIED", "The download address has expired.");
    const content = this.repository.contents.get(parameters.get("cacheid") ?? "");
    const record = this.repository.objects.get(parameters.get("objectid") ?? "");
    if (!content || !record) throw notFound("The content");
    return mediaReply(this.repository, content, nameOf(record));
  }

  private isGenuine(signed: string, signature: string): boolean {
    // Compared in their encoded form: a client that decodes and encodes again must fail here.
    const expected = Buffer.from(encodeURIComponent(this.sign(signed)));
    const given = Buffer.from(signature);
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  private sign(text: string): string {
    return createHmac("sha256", this.secret).update(text).digest("base64");
  }
}

/** The `enclosure` links that `media-url-policy` asks for (12.3). */
export function mediaLinks(repository: Repository, acs: Acs, call: Call, shown: Shown): Link[] {
  const policy = choice(call, "media-url-policy", POLICIES, "dc-pref");
  const local: Link = { rel: "enclosure", title: "LOCAL", href: mediaAddress(call, shown) };
  if (policy === "local") return [local];
  if (!repository.switches.isOn("acs")) {
    if (policy === "dc-only" || policy === "req-ip-network-location") throw badRequest("No distributed content server is available.");
    return [local];
  }
  const distributed: Link = { rel: "enclosure", title: "ACS", href: acs.addressOf(call.hrefs.origin, shown) };
  return policy === "all" ? [distributed, local] : [distributed];
}

/** Where the bytes are on this host, with normal authentication (12.3). */
export function mediaAddress(call: Call, { record, ref }: Shown): string {
  return call.hrefs.at(`/objects/${record.id}/content-media`, queryOf(ref));
}

/** wire/documentum.md 12.2: `format=pdf&modifier=&page=0`. */
export function queryOf(ref: ContentRef): string {
  return `format=${encodeURIComponent(ref.format)}&modifier=${encodeURIComponent(ref.modifier)}&page=${ref.page}`;
}

/** Name of an object as a file, with the extension of the format unless it has it already. */
export function fileNameOf(repository: Repository, objectName: string, content: ContentRecord): string {
  const extension = repository.formats.byName(content.format)?.extension ?? "";
  const base = objectName || content.id;
  return extension === "" || base.toLowerCase().endsWith(`.${extension}`) ? base : `${base}.${extension}`;
}

/** A download under a file name: a plain one for old clients, the true one for others. */
export function dispositionOf(fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\]/g, "_");
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName).replace(/['()*]/g, percent)}`;
}

/** The reply that carries a content's bytes, with its media type and a file name (12.3). */
export function mediaReply(repository: Repository, content: ContentRecord, objectName: string): Reply {
  const ranges = repository.switches.isOn("ranges");
  return {
    status: 200,
    mediaType: content.mediaType || "application/octet-stream",
    headers: {
      "Content-Disposition": dispositionOf(fileNameOf(repository, objectName, content)),
      ...(ranges ? { "Accept-Ranges": "bytes" } : {}),
    },
    file: { path: repository.contents.pathOf(content.id), ranges },
  };
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}
