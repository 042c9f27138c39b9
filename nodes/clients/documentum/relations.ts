import { asObject, asText } from "../http/json";
import type { CallOptions } from "../http/session";
import { hrefOf, withQuery } from "./feed";
import type { DocumentumObject } from "./objects";
import { missingLink, type Repository } from "./repository";

export interface Relation {
  name: string;
  parentId: string;
  childId: string;
}

/** Relations between objects (wire/documentum.md 16.2). */
export class DocumentumRelations {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The relations an object is part of, as parent or child. The object is as it was last read, with its links. */
  async of(object: DocumentumObject, options: CallOptions = {}): Promise<Relation[]> {
    const address = hrefOf(object.links, "relations");
    if (!address) throw missingLink(`Object ${object.objectId}`, "relations");
    const found: Relation[] = [];
    for await (const entry of this.#repository.entries(withQuery(address, { inline: true }), options)) {
      const inlined = Object.keys(entry.properties).length > 0 || !entry.href;
      const properties = inlined ? entry.properties : asObject((await this.#repository.get(entry.href as string, options)).properties);
      const name = asText(properties.relation_name);
      if (name) found.push({ name, parentId: asText(properties.parent_id) ?? "", childId: asText(properties.child_id) ?? "" });
    }
    return found;
  }

  /** Relates two objects, unless they are. `parent` is as it was last read. */
  async relate(name: string, parent: DocumentumObject, childId: string, options: CallOptions = {}): Promise<void> {
    const known = await this.of(parent, options);
    if (known.some((each) => each.name === name && each.parentId === parent.objectId && each.childId === childId)) return;
    const properties = { relation_name: name, parent_id: parent.objectId, child_id: childId };
    await this.#repository.post(await this.#repository.address("relations", options), { properties }, options);
  }
}
