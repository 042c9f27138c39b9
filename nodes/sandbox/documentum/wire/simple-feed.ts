import type { Repository } from "../model/repository";
import { type Call, flag, type Reply } from "./call";
import { dateText } from "./dates";
import { feed, readPage, slice } from "./feed";
import type { Link } from "./hrefs";

/** What a feed shows of one item. */
export interface Item {
  /** Its address, which is the entry's id too. */
  src: string;
  title: string;
  summary?: string;
  /** Further links of the entry. */
  links?: Link[];
  /** Its JSON text, for `inline=true`. */
  text(): string;
}

/** A feed of things that are not shown by their attributes: paging and `inline`, and an `edit` link on every entry. */
export function entriesFeed<T>(repository: Repository, call: Call, title: string, all: Iterable<T>, itemOf: (one: T) => Item): Reply {
  const page = readPage(call, repository.switches);
  const inline = flag(call, "inline", false);
  const found = slice(all, page);
  const updated = dateText(repository.now());
  const entries = found.items.map((one) => {
    const { src, title, summary, links = [], text } = itemOf(one);
    return {
      id: src,
      title,
      summary,
      updated,
      links: [{ rel: "edit", href: src }, ...links],
      src,
      ...(inline ? { content: text() } : {}),
    };
  });
  return feed(call, title, page, found, entries, repository.now());
}
