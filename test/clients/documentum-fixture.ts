import { type Answer, type Asked, partsOf, serve, type TestServer } from "./support.ts";

/** Shapes of wire/documentum.md sections 4 to 8, 11 and 12, written by hand. */

const LR = "http://identifiers.emc.com/linkrel/";

export interface Row {
  properties: Record<string, unknown>;
  /** Path below the repository; without it the entry has no `edit` link. */
  path?: string;
}

/** A repository that answers what a test tells it to. */
export class FakeRepository {
  server!: TestServer;
  /** Answers a statement; the rows become one page. */
  onQuery: (dql: string) => Row[] | Answer = () => [];
  /** Answers anything else below the repository. */
  onOther: (asked: Asked, path: string) => Answer | undefined | Promise<Answer | undefined> = () => undefined;
  /** Members of the repository's `links` to leave out or add. */
  links: Record<string, unknown>[] = [];
  queries: string[] = [];

  static async start(): Promise<FakeRepository> {
    const fake = new FakeRepository();
    fake.server = await serve((asked) => fake.answer(asked));
    fake.links = [
      { rel: "self", href: `${fake.R}` },
      { rel: `${LR}types`, href: `${fake.R}/types` },
      { rel: `${LR}cabinets`, href: `${fake.R}/cabinets` },
      { rel: `${LR}dql`, hreftemplate: `${fake.R}{?dql,page,items-per-page}` },
    ];
    return fake;
  }

  get ctx(): string {
    return `${this.server.url}/dctm-rest`;
  }

  get R(): string {
    return `${this.ctx}/repositories/acme`;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  /** Requests to paths below the repository, by method and path without query. */
  asked(method: string, path: string): Asked[] {
    return this.server.asked.filter((each) => each.method === method && each.path.split("?")[0] === `/dctm-rest/repositories/acme${path}`);
  }

  object(name: string, type: string, path: string, properties: Record<string, unknown>, links: Record<string, unknown>[] = []) {
    const href = `${this.R}${path}`;
    return {
      name,
      type,
      definition: `${this.R}/types/${type}`,
      properties,
      links: [{ rel: "self", href }, { rel: "edit", href }, ...links],
    };
  }

  folder(id: string, extra: Record<string, unknown> = {}) {
    const links = ["folders", "documents", "objects"].map((rel) => ({ rel: LR + rel, href: `${this.R}/folders/${id}/${rel}` }));
    return this.object("folder", "dm_folder", `/folders/${id}`, { r_object_id: id, r_object_type: "dm_folder", ...extra }, links);
  }

  document(id: string, extra: Record<string, unknown> = {}) {
    const properties = {
      object_name: "letter",
      r_object_type: "acme_letter",
      keywords: null,
      r_lock_owner: "",
      i_chronicle_id: id,
      r_version_label: ["1.0", "CURRENT"],
      a_content_type: "pdf",
      r_full_content_size: 1234.0,
      a_effective_date: null,
      r_policy_id: "0000000000000000",
      r_object_id: id,
      ...extra,
    };
    const content = `${this.R}/objects/${id}/contents`;
    return this.object("document", "acme_letter", `/documents/${id}`, properties, [
      { rel: "contents", href: content },
      { rel: `${LR}primary-content`, href: `${content}/content` },
    ]);
  }

  feed(path: string, entries: unknown[], links: unknown[] = []) {
    const href = `${this.R}${path}`;
    const feed = {
      id: href,
      title: "Documents",
      author: [{ name: "Open Text Documentum" }],
      updated: "2020-07-20T14:29:17.894+00:00",
      page: 1,
      "items-per-page": 100,
      links: [{ rel: "self", href }, ...links],
    };
    return entries.length > 0 ? { ...feed, entries } : feed;
  }

  entry({ properties, path }: Row) {
    const href = `${this.R}${path}`;
    return {
      id: path ? href : "urn:row",
      title: String(properties.object_name ?? ""),
      ...(path ? { links: [{ rel: "edit", href }] } : {}),
      content: { "json-root": "query-result", definition: `${this.R}/types/x`, properties, ...(path ? { src: href } : {}) },
    };
  }

  async answer(asked: Asked): Promise<Answer> {
    const { pathname, searchParams } = new URL(asked.path, this.server.url);
    if (pathname === "/dctm-rest/services") {
      return {
        json: {
          resources: {
            [`${LR}repositories`]: { href: `${this.ctx}/repositories`, hints: { allow: ["GET"] } },
            about: { href: `${this.ctx}/product-info`, hints: { allow: ["GET"] } },
          },
        },
      };
    }
    if (pathname === "/dctm-rest/product-info")
      return { json: { name: "product-info", properties: { product_version: "16.7.0000.0076", major: "16.7" } } };
    if (pathname === "/dctm-rest/repositories") return { json: this.repositories(searchParams.get("page")) };
    const path = pathname.replace("/dctm-rest/repositories/acme", "");
    const dql = searchParams.get("dql");
    if (path === "" && dql !== null && asked.method === "GET") {
      this.queries.push(dql);
      const rows = this.onQuery(dql);
      return Array.isArray(rows)
        ? {
            json: this.feed(
              "?dql",
              rows.map((row) => this.entry(row)),
            ),
          }
        : rows;
    }
    if (path === "") return { json: { id: 1234, name: "acme", description: "", servers: [], links: this.links } };
    return (await this.onOther(asked, path)) ?? failure(404, "E_RESOURCE_NOT_FOUND", "");
  }

  /** The repository asked for is on the second page only. */
  repositories(page: string | null) {
    const entry = (name: string) => ({
      id: `${this.ctx}/repositories/${name}`,
      title: name,
      content: { "content-type": "application/vnd.emc.documentum+json", src: `${this.ctx}/repositories/${name}` },
      ...(name === "acme" ? {} : { links: [{ rel: "edit", href: `${this.ctx}/repositories/${name}` }] }),
    });
    if (page === "2") return { entries: [entry("acme")], links: [] };
    return { entries: [entry("other")], links: [{ rel: "next", href: `${this.ctx}/repositories?items-per-page=1&page=2` }] };
  }
}

/** The error body of 22.1. */
export function failure(status: number, code: string, details: string): Answer {
  return { status, json: { status, code, message: "The operation failed.", details, id: "2182c6f7-9da6-40d0-b561-967efbd90fea" } };
}

/** Metadata and bytes of a multipart create. */
export function created(asked: Asked) {
  const parts = partsOf(asked.body, asked.headers["content-type"] ?? "");
  return {
    parts,
    metadata: JSON.parse(parts[0]?.body.toString() ?? "{}") as { properties: Record<string, unknown> },
    bytes: parts[1]?.body,
  };
}

export { LR };
