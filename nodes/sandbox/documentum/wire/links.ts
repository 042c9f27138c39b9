import { parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { type Hrefs, type Link, LR } from "./hrefs";

/** How an object is looked at: the collection name in its address. */
export type Kind = "cabinets" | "folders" | "documents" | "objects";

/** Word in `name` of a single object (wire/documentum.md 7.1). */
export const NAME_OF_KIND: Record<Kind, string> = { cabinets: "cabinet", folders: "folder", documents: "document", objects: "object" };

/** The kind under which an object is at home. */
export function homeKind(repository: Repository, record: ObjectRecord): Kind {
  const { types } = repository;
  if (types.isA(record.type, "dm_cabinet")) return "cabinets";
  if (types.isA(record.type, "dm_folder")) return "folders";
  return types.isA(record.type, "dm_document") ? "documents" : "objects";
}

/**
 * The links of a sysobject in the order of the captures; they depend on its state and on what the user may do
 * (rule 4 of wire/documentum.md section 2). Only links to resources this stand-in serves are given out.
 */
export function objectLinks(repository: Repository, record: ObjectRecord, kind: Kind, hrefs: Hrefs, user: User, self?: string): Link[] {
  const { permits } = repository;
  const { id } = record;
  const address = hrefs.object(kind, id);
  const links: Link[] = [
    { rel: "self", href: self ?? address },
    { rel: "edit", href: address },
  ];
  if (permits.allows(user, record, "delete")) links.push({ rel: `${LR}delete`, href: address });
  const home = homeKind(repository, record);
  if (home !== kind) links.push({ rel: "canonical", href: hrefs.object(home, id) });
  const parents = parentsOf(record);
  if (parents.length > 0) links.push({ rel: `${LR}parent-links`, href: hrefs.at(`/objects/${id}/parent-links`) });
  for (const parent of parents) links.push({ rel: "parent", title: parent, href: hrefs.object("folders", parent) });
  if (home === "cabinets" || home === "folders") links.push(...folderLinks(repository, record, hrefs));
  else links.push(cabinetLink(repository, record, hrefs), ...contentLinks(id, hrefs), ...versionLinks(repository, record, hrefs, user));
  links.push({ rel: `${LR}relations`, href: hrefs.at("/relations", `related-object-id=${id}&related-object-role=any`) });
  links.push({ rel: `${LR}permission-set`, href: hrefs.at(`/objects/${id}/permission-set`) });
  links.push({ rel: `${LR}permissions`, href: hrefs.at(`/objects/${id}/permissions`) });
  links.push(...recordsLinks(repository, record, hrefs));
  if (home !== "cabinets" && home !== "folders") links.push(...compoundLinks(record, hrefs));
  links.push(...sharingLinks(repository, record, hrefs));
  if (home === "documents") links.push(...relatedLinks(repository, id, hrefs));
  links.push({ rel: `${LR}comments`, href: hrefs.at(`/objects/${id}/comments`) });
  links.push({ rel: `${LR}audit-trails`, href: hrefs.at("/audit-trails", `filter=${encodeURIComponent(`audited_obj_id='${id}'`)}`) });
  links.push({ rel: `${LR}registered-audit-events`, href: hrefs.at("/registered-audit-events", `audit-scope=object&object-id=${id}`) });
  return links;
}

/** Aspects and lifecycle; `LR:lifecycle` once the object is attached to one. */
function recordsLinks(repository: Repository, record: ObjectRecord, hrefs: Hrefs): Link[] {
  const { id } = record;
  const lifecycle = repository.lifecycles.positionOf(record)?.lifecycle.id;
  return [
    { rel: `${LR}object-aspects`, href: hrefs.at(`/objects/${id}/aspects`) },
    { rel: `${LR}attachable-lifecycles`, href: hrefs.at("/lifecycles", `object-id=${id}`) },
    { rel: `${LR}object-lifecycle`, href: hrefs.at(`/objects/${id}/lifecycle`) },
    ...(lifecycle ? [{ rel: `${LR}lifecycle`, href: hrefs.at(`/lifecycles/${lifecycle}`) }] : []),
  ];
}

function folderLinks(repository: Repository, record: ObjectRecord, hrefs: Hrefs): Link[] {
  const names = ["folders", "documents", "objects", "child-links"];
  const links = names.map((name) => ({ rel: LR + name, href: hrefs.at(`/folders/${record.id}/${name}`) }));
  return parentsOf(record).length > 0 ? [...links, cabinetLink(repository, record, hrefs)] : links;
}

/** What shares the object, or what it shares; and the step it can take between the two. */
function sharingLinks(repository: Repository, { id, type, values }: ObjectRecord, hrefs: Hrefs): Link[] {
  const { category } = repository.types.known(type);
  if (category === 2) return [{ rel: `${LR}lightweight-objects`, href: hrefs.at(`/objects/${id}/lw-objects`) }];
  if (category !== 4) return [];
  const step = values.is_materialized === true ? "dematerialize" : "materialize";
  return [
    { rel: `${LR}shared-parent`, href: hrefs.at(`/objects/${id}/parent`) },
    { rel: LR + step, href: hrefs.at(`/objects/${id}/materialization`) },
  ];
}

/** What the contextual content engine knows of a document, when there is one. */
function relatedLinks(repository: Repository, id: string, hrefs: Hrefs): Link[] {
  if (!repository.switches.isOn("cce")) return [];
  return ["related-docs", "related-sme", "significant-terms"].map((name) => ({
    rel: LR + name,
    href: hrefs.at(`/documents/${id}/${name}`),
  }));
}

/** Conversion while it is no virtual document, its nodes once it is one (16.3). */
function compoundLinks({ id, values }: ObjectRecord, hrefs: Hrefs): Link[] {
  const rel = values.r_is_virtual_doc === 1 ? "virtual-document-nodes" : "virtual-document-conversion";
  return [
    { rel: LR + rel, href: hrefs.at(`/objects/${id}/vd-nodes`) },
    { rel: `${LR}snapshots`, href: hrefs.at("/snapshots", `object-id=${id}`) },
  ];
}

function cabinetLink(repository: Repository, record: ObjectRecord, hrefs: Hrefs): Link {
  return { rel: `${LR}cabinet`, href: hrefs.object("cabinets", repository.folders.cabinetOf(parentsOf(record)[0])) };
}

function contentLinks(id: string, hrefs: Hrefs): Link[] {
  return [
    { rel: "contents", href: hrefs.at(`/objects/${id}/contents`) },
    { rel: `${LR}primary-content`, href: hrefs.at(`/objects/${id}/contents/content`) },
  ];
}

/** Checkout, or cancel and check-in, never both; history always; the predecessor unless it is the first version. */
export function versionLinks(repository: Repository, record: ObjectRecord, hrefs: Hrefs, user: User): Link[] {
  const { id } = record;
  const links: Link[] = [];
  const lock = repository.locks.of(record);
  if (!lock && repository.permits.allows(user, record, "version"))
    links.push({ rel: `${LR}checkout`, href: hrefs.at(`/objects/${id}/lock`) });
  if (lock && mayUnlock(user, lock.owner)) {
    links.push({ rel: `${LR}cancel-checkout`, href: hrefs.at(`/objects/${id}/lock`) });
  }
  if (lock?.owner === user.name) {
    const versions = `/objects/${repository.versions.chronicleOf(record)}/versions`;
    const policies = { "checkin-next-major": "next-major", "checkin-next-minor": "next-minor", "checkin-branch": "branch-version" };
    for (const [rel, policy] of Object.entries(policies)) {
      links.push({ rel: LR + rel, href: hrefs.at(versions, `object-id=${id}&version-policy=${policy}`) });
    }
  }
  links.push({ rel: "version-history", href: hrefs.at(`/objects/${id}/versions`) });
  links.push({ rel: `${LR}current-version`, href: hrefs.at(`/objects/${id}/versions/current`) });
  const antecedent = record.values.i_antecedent_id as string | undefined;
  if (antecedent && repository.objects.get(antecedent))
    links.push({ rel: "predecessor-version", href: hrefs.object("objects", antecedent) });
  return links;
}

/** The lock's owner, or a superuser. */
export function mayUnlock(user: User, owner: string): boolean {
  return owner === user.name || user.superuser;
}
