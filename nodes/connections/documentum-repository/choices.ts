import { dqlName } from "../../clients/documentum/documentum";
import type { JsonObject } from "../../clients/http/json";
import { type Choice, type ChoiceReader, MAX_CHOICES } from "../../runtime/choices";
import type { DocumentumRepositoryNode } from "../../runtime/connections";

type Reader = ChoiceReader<DocumentumRepositoryNode>;

/** What a repository offers for the fields of a dialog. */
export const repositoryChoices: Record<string, Reader> = {
  types: async (repository) => (await repository.typeNames()).map((value) => ({ value })),
  folders: select("r_folder_path from dm_folder", ({ r_folder_path: paths }) =>
    (Array.isArray(paths) ? paths : [paths]).map((path) => ({ value: text(path) })),
  ),
  acls: select("object_name, owner_name from dm_acl", ({ object_name: name, owner_name: owner }) => [
    { value: text(name), label: text(owner) },
  ]),
  aclDomains: select("distinct owner_name from dm_acl", ({ owner_name: owner }) => [{ value: text(owner) }]),
  lifecycles: select("object_name from dm_policy", ({ object_name: name }) => [{ value: text(name) }]),
  assets: async (repository, { findBy, objectType = "", keyAttribute = "" }) => {
    const attribute = { name: "object_name", id: "r_object_id" }[findBy ?? ""] ?? dqlName(keyAttribute);
    const named = attribute === "object_name" ? attribute : `${attribute}, object_name`;
    const rows = await rowsOf(repository, `${named} from ${dqlName(objectType)}`);
    return rows.map((row) => ({ value: text(row[attribute]), label: text(row.object_name) }));
  },
};

function select(what: string, choicesOf: (row: JsonObject) => Choice[]): Reader {
  return async (repository) => (await rowsOf(repository, what)).flatMap(choicesOf);
}

async function rowsOf(repository: DocumentumRepositoryNode, what: string): Promise<JsonObject[]> {
  return (await repository.client()).dql(`select ${what}`, { maxRows: MAX_CHOICES });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
