import { nameToPath } from "./names";

export const LR = "http://identifiers.emc.com/linkrel/";

export interface Link {
  rel: string;
  href: string;
  title?: string;
}

/** What follows `{ctx}` without its suffix: `.json` or `.xml` on the path asks for that representation (section 5). */
export function splitSuffix(below: string): { path: string; suffix: string } {
  const suffix = /\.(?:json|xml)$/.exec(below)?.[0] ?? "";
  return { path: below.slice(0, below.length - suffix.length), suffix };
}

/** The absolute addresses a reply carries. A suffix of the request is repeated in every one (section 5). */
export class Hrefs {
  readonly repository: string;

  constructor(
    /** `http://host:port`. */
    readonly origin: string,
    /** `{ctx}`. */
    readonly context: string,
    readonly repositoryName: string,
    /** `.json`, `.xml` or nothing. */
    readonly suffix: string,
    /** Path and query of the request, as sent. */
    readonly requested: string,
  ) {
    this.repository = `${context}/repositories/${nameToPath(repositoryName)}`;
  }

  /** An address under `{R}`; `query` without question mark. */
  at(path: string, query = ""): string {
    return `${this.repository}${path}${this.suffix}${query ? `?${query}` : ""}`;
  }

  /** An address under `{ctx}`. */
  top(path: string): string {
    return `${this.context}${path}${this.suffix}`;
  }

  object(kind: string, id: string): string {
    return `${this.repository}/${kind}/${id}${this.suffix}`;
  }

  type(name: string): string {
    return this.at(`/types/${nameToPath(name)}`);
  }

  user(name: string): string {
    return this.at(`/users/${nameToPath(name)}`);
  }

  /** The address that was asked for. */
  get self(): string {
    return `${this.origin}${this.requested}`;
  }
}

/** JSON text of a list of links. Hrefs and titles come from our own encoding: only quotes need care. */
export function linksText(links: readonly Link[]): string {
  let text = "[";
  for (let at = 0; at < links.length; at += 1) {
    const { rel, title, href } = links[at] as Link;
    text += `${at > 0 ? "," : ""}{"rel":"${rel}",${title === undefined ? "" : `"title":${JSON.stringify(title)},`}"href":${JSON.stringify(href)}}`;
  }
  return `${text}]`;
}

/** JSON text of a resource that has members of its own instead of `properties`. */
export function resourceText(members: object, links: readonly Link[]): string {
  const text = JSON.stringify(members).slice(0, -1);
  return `${text}${text === "{" ? "" : ","}"links":${linksText(links)}}`;
}
