import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { NOTHING } from "../search/query";
import { runSearch } from "../search/run";
import { type Call, type Reply, userOf } from "../wire/call";
import { Failure } from "../wire/failures";
import { type Link, LR } from "../wire/hrefs";
import { homeKind } from "../wire/links";
import { entriesFeed } from "../wire/simple-feed";

const R = "/repositories/:repository";

/**
 * What the contextual content engine (CCE) answers (the `cce` and `related` rows of wire/documentum.md section 25). There is
 * none here: with the switch on, keywords and names stand in for it; off, as by default, it is not available.
 */
export function mountRelated(router: Router, repository: Repository): void {
  const serve = (path: string, answer: (call: Call) => Reply): void => {
    router.on("GET", `${R}${path}`, (call) => {
      const { switches } = repository;
      if (switches.isOn("cce")) return answer(call);
      throw new Failure(switches.number("full-text-status"), "E_SERVICE_UNAVAILABLE", "The contextual content engine is not available.");
    });
  };
  serve("/documents/:id/related-docs", (call) => {
    const document = documentOf(repository, call);
    return entriesFeed(repository, call, "Related documents", relatedTo(repository, call, document), (one) => ({
      src: call.hrefs.object(homeKind(repository, one), one.id),
      title: nameOf(one),
      text: () => JSON.stringify({ id: one.id }),
    }));
  });
  serve("/documents/:id/related-sme", (call) => {
    const owners = relatedTo(repository, call, documentOf(repository, call)).map(({ values }) => String(values.owner_name));
    return entriesFeed(repository, call, "Subject matter experts", new Set(owners), (name) => ({
      src: call.hrefs.user(name),
      title: name,
      text: () => JSON.stringify({ name }),
    }));
  });
  serve("/documents/:id/significant-terms", (call) =>
    terms(repository, call, "Significant terms", keywordsOf(documentOf(repository, call))),
  );
  serve("/cce/suggestions", (call) => {
    const word = (call.query.get("word") ?? "").toLowerCase();
    const names = runSearch(repository, userOf(call), { ...NOTHING, types: ["dm_document"] }).flatMap((one) => wordsIn(nameOf(one)));
    return terms(repository, call, "Word suggestions", new Set(names.filter((one) => word !== "" && one.startsWith(word))));
  });
  // No dictionary, so no category of one.
  serve("/cce/synonyms", (call) => terms(repository, call, "Synonyms", []));
  serve("/cce/synonym-categories", (call) => terms(repository, call, "Synonym categories", []));
}

function documentOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_document");
  repository.permits.demand(userOf(call), record, "read");
  return record;
}

function keywordsOf({ values }: ObjectRecord): string[] {
  return (values.keywords as string[] | undefined) ?? [];
}

/** Others that share a keyword. */
function relatedTo(repository: Repository, call: Call, document: ObjectRecord): ObjectRecord[] {
  const ids = new Set(keywordsOf(document).flatMap((word) => [...repository.objects.lookup("keywords", word)]));
  const found = [...ids]
    .map((id) => repository.objects.get(id))
    .filter((one) => one !== undefined && one.id !== document.id) as ObjectRecord[];
  return found.filter((one) => repository.versions.isCurrent(one) && repository.permits.allows(userOf(call), one, "browse"));
}

function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Every term leads to a search for it. */
function terms(repository: Repository, call: Call, title: string, words: Iterable<string>): Reply {
  return entriesFeed(repository, call, title, words, (word) => {
    const search: Link = { rel: `${LR}search`, href: call.hrefs.at("/search", `q=${encodeURIComponent(word)}`) };
    return { src: search.href, title: word, links: [search], text: () => JSON.stringify({ word }) };
  });
}
