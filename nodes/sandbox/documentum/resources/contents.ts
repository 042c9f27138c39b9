import { type ContentChoice, chooseContent, primaryPages } from "../model/contents";
import { nameOf } from "../model/folder-tree";
import { NO_ID } from "../model/id-source";
import type { ContentRef, ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { type ContentPlace, demandPlace, modifyContent, placeContent, removeContent } from "../operations/content-changes";
import { receiveBody } from "../operations/intake";
import type { Router } from "../router";
import { type Call, count, demandMembers, flag, JSON_TYPE, json, objectBody, type Reply, userOf } from "../wire/call";
import { notModified } from "../wire/etag";
import { badRequest, Failure, invalidAttribute, notFound } from "../wire/failures";
import { type Entry, feed, readPage, slice } from "../wire/feed";
import { type Link, LR, linksText } from "../wire/hrefs";
import { doubleText } from "../wire/literals";
import { type Acs, mediaAddress, mediaLinks, mediaReply, queryOf, type Shown } from "./media";

const R = "/repositories/:repository";

/** Content list, metadata, download, add and delete (wire/documentum.md 12.2 to 12.4). */
export function mountContents(router: Router, repository: Repository, acs: Acs): void {
  const contents = new ContentResources(repository, acs);
  router.on("GET", `${R}/objects/:id/contents`, (call) => contents.list(call));
  router.on("POST", `${R}/objects/:id/contents`, (call) => contents.add(call));
  router.on("GET", `${R}/objects/:id/contents/content`, (call) => contents.read(call));
  router.on("POST", `${R}/objects/:id/contents/content`, (call) => contents.change(call));
  router.on("DELETE", `${R}/objects/:id/contents/content`, (call) => contents.remove(call));
  router.on("GET", `${R}/objects/:id/content-media`, (call) => contents.download(call));
}

class ContentResources {
  constructor(
    private readonly repository: Repository,
    private readonly acs: Acs,
  ) {}

  list(call: Call): Reply {
    const { repository } = this;
    const record = this.readable(call);
    const page = readPage(call, repository.switches);
    const renditions = (record.contents ?? []).filter(({ rendition }) => rendition !== 0);
    const found = slice([...primaryPages(record), ...renditions], page);
    const entries = found.items.map((ref) => this.entry(call, this.shown(record, ref)));
    return feed(call, `Contents of object ${record.id}`, page, found, entries, repository.now());
  }

  read(call: Call): Reply {
    const { switches } = this.repository;
    const record = this.readable(call);
    const shown = this.shown(record, chooseContent(record, choiceOf(call)));
    const etag = `"${shown.content.id}"`;
    const known = notModified(call, etag, switches);
    if (known) return known;
    return json(200, this.text(call, shown, call.hrefs.self), switches.isOn("etag") ? { ETag: etag } : {});
  }

  async add(call: Call): Promise<Reply> {
    const { repository } = this;
    const user = userOf(call);
    const place = placeOf(call);
    if (call.body.mediaType === "" && !call.query.get("format")) {
      throw new Failure(415, "E_UNSUPPORTED_MEDIA_TYPE", "The content has no media type.");
    }
    demandPlace(repository, user, this.object(call), place);
    const written = await receiveBody(repository, call);
    try {
      const ref = await placeContent(repository, user, this.object(call), place, written);
      const shown = this.shown(this.object(call), ref);
      const self = addressOf(call, shown);
      return json(201, this.text(call, shown, self, true), { Location: self });
    } catch (error) {
      await repository.contents.discard([written.id]);
      throw error;
    }
  }

  /** Content metadata: only the modifier of a rendition can be set here; which others a server takes is not documented. */
  async change(call: Call): Promise<Reply> {
    const body = await objectBody(call);
    demandMembers(body, ["properties", "name", "links"]);
    const { page_modifier: modifier, ...others } = (body.properties ?? {}) as Record<string, unknown>;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw invalidAttribute(unknown, "content");
    const value = Array.isArray(modifier) ? modifier[0] : modifier;
    if (typeof value !== "string" || value.length > 16)
      throw badRequest("The attribute 'page_modifier' must be a text of up to 16 characters.");
    const ref = modifyContent(this.repository, userOf(call), this.object(call), choiceOf(call), value);
    const shown = this.shown(this.object(call), ref);
    return json(200, this.text(call, shown, addressOf(call, shown)));
  }

  async remove(call: Call): Promise<Reply> {
    await removeContent(this.repository, userOf(call), this.object(call), choiceOf(call));
    return { status: 204 };
  }

  download(call: Call): Reply {
    const record = this.readable(call);
    this.repository.audit.note("dm_getfile", userOf(call), record);
    return mediaReply(this.repository, this.shown(record, chooseContent(record, choiceOf(call))).content, nameOf(record));
  }

  private object(call: Call): ObjectRecord {
    return this.repository.object(call.params.id ?? "", "dm_sysobject");
  }

  private readable(call: Call): ObjectRecord {
    const record = this.object(call);
    this.repository.permits.demand(userOf(call), record, "read");
    return record;
  }

  private shown(record: ObjectRecord, ref: ContentRef | undefined): Shown {
    const content = ref && this.repository.contents.get(ref.id);
    if (!ref || !content) throw notFound("The content");
    return { record, ref, content };
  }

  private entry(call: Call, shown: Shown): Entry {
    const src = addressOf(call, shown);
    return {
      id: src,
      title: nameOf(shown.record),
      summary: `${shown.ref.format} ${shown.ref.id}`,
      updated: shown.content.setTime,
      // The official Java client looks for the enclosure on the entry (section 8).
      links: [{ rel: "edit", href: src }, ...mediaLinks(this.repository, this.acs, call, shown)],
      src,
      ...(flag(call, "inline", false) ? { content: this.inlineText(call, shown, src) } : {}),
    };
  }

  private inlineText(call: Call, shown: Shown, src: string): string {
    return `{"json-root":"content",${this.members(call, shown, src)},"content-type":"${JSON_TYPE}","src":${JSON.stringify(src)}}`;
  }

  /** No `type` and no `definition` (7.1). */
  private text(call: Call, shown: Shown, self: string, full = false): string {
    return `{"name":"content",${this.members(call, shown, self, full)}}`;
  }

  private members(call: Call, shown: Shown, self: string, full = false): string {
    const properties = `"properties":${propertiesText(this.repository, shown, full)}`;
    if (!flag(call, "links", true)) return properties;
    const links: Link[] = [
      { rel: "self", href: self },
      ...mediaLinks(this.repository, this.acs, call, shown),
      { rel: `${LR}content-media`, href: mediaAddress(call, shown) },
      { rel: "parent", href: call.hrefs.object("objects", shown.record.id) },
    ];
    return `${properties},"links":${linksText(links)}`;
  }
}

function choiceOf(call: Call): ContentChoice {
  return { format: call.query.get("format") || undefined, page: count(call, "page", 0, 0), modifier: call.query.get("modifier") ?? "" };
}

function placeOf(call: Call): ContentPlace {
  return {
    primary: flag(call, "primary", true),
    overwrite: call.query.get("overwrite") ? flag(call, "overwrite", false) : undefined,
    page: count(call, "page", 0, 0),
    modifier: call.query.get("modifier") ?? "",
  };
}

function addressOf(call: Call, { record, ref }: Shown): string {
  return call.hrefs.at(`/objects/${record.id}/contents/content`, queryOf(ref));
}

/** The properties of the capture in 12.2; the reply to an upload has more of them. */
function propertiesText(repository: Repository, { record, ref, content }: Shown, full: boolean): string {
  const format = repository.formats.byName(ref.format);
  const parents = [...repository.objects.withContent(ref.id)];
  const modifier = ref.modifier === "" ? null : ref.modifier;
  const text = (value: unknown): string => JSON.stringify(value);
  const more = full
    ? `"storage_id":"${NO_ID}","data_ticket":0,"content_size":${content.size > 0x7fffffff ? 0 : content.size},` +
      `"set_client":"docbridge-sandbox","set_file":${text(content.fileName)},"encoding":"","is_offline":false,"update_count":0,`
    : "";
  return (
    `{"object_name":${text(nameOf(record))},"r_object_id":"${ref.id}","rendition":${ref.rendition},"full_format":${text(ref.format)},` +
    `"format":"${format?.objectId ?? NO_ID}","full_content_size":${doubleText(content.size)},"set_time":"${content.setTime}",${more}` +
    `"r_content_hash":"","i_vstamp":0,"mime_type":${text(content.mediaType)},"dos_extension":${text(format?.extension ?? "")},` +
    `"format_name":${text(ref.format)},"parent_id":${text(parents)},"page":${text(parents.map(() => ref.page))},` +
    `"page_modifier":${text(parents.map(() => modifier))}}`
  );
}
