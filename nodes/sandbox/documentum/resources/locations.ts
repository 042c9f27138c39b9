import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { notFound } from "../wire/failures";
import { nameFromPath, nameToPath } from "../wire/names";
import { type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const PATH = "/repositories/:repository/network-locations";

const kind: PlainKind = {
  name: "network-location",
  feedTitle: "Network locations",
  type: "dm_network_location_map",
  titleOf: ({ values }) => String(values.netloc_display_name),
  addressOf: (call, { values }) => call.hrefs.at(`/network-locations/${nameToPath(String(values.netloc_identifier))}`),
  linksOf: (call, record) => [{ rel: "self", href: kind.addressOf(call, record) }],
};

/** Where distributed contents are kept, found by their identifier (wire/documentum.md 12.5, section 25). */
export function mountLocations(router: Router, repository: Repository): void {
  router.on("GET", PATH, (call) => plainFeed(repository, call, kind, recordsOf(repository, kind.type)));
  router.on("GET", `${PATH}/:location`, (call) => {
    const name = nameFromPath(call.params.location ?? "");
    const record = [...recordsOf(repository, kind.type)].find(({ values }) => values.netloc_identifier === name);
    if (!record) throw notFound("The network location");
    return plainReply(repository, call, kind, record);
  });
}
