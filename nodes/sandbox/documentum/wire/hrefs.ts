import { nameToPath } from "./names";

export const LR = "http://identifiers.emc.com/linkrel/";

export interface Link {
  rel: string;
  href: string;
  title?: string;
}

/** The absolute addresses a reply carries. A `.json` of the request is repeated in every one (section 5). */
export class Hrefs {
  readonly repository: string;

  constructor(
    /** `http://host:port`. */
    readonly origin: string,
    /** `{ctx}`. */
    readonly context: string,
    repositoryName: string,
    /** `.json` or nothing. */
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
