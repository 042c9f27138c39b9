import type { Contents } from "./contents";
import type { Folders } from "./folders";
import { type Content, type HistoryRow, type Instance, SYSTEM_FIELDS } from "./model";
import type { Permissions } from "./permissions";

/** Instances and their parts as clients see them (wire/css.md 6.2, 6.3, section 10). */
export class Presenter {
  constructor(
    /** `http://host/cms`, of the moment. */
    private readonly base: () => string,
    private readonly contents: Contents,
    private readonly folders: Folders,
    private readonly permissions: Permissions,
    /** Whether users are shown as objects or by name: the descriptions leave it open. */
    private readonly userObjects: () => boolean,
  ) {}

  instance(instance: Instance): Record<string, unknown> {
    const { series: _series, deleted_time: _deleted, ...shown } = instance;
    const primary = this.contents.primaryOf(instance.id);
    return {
      ...shown,
      owner: this.user(instance.owner),
      lock_owner: instance.lock_owner === null ? null : this.user(instance.lock_owner),
      created_by: this.user(instance.created_by),
      updated_by: this.user(instance.updated_by),
      ancestor_ids: instance.parent_folder_id === null ? [] : [this.folders.pathTo(instance.parent_folder_id)],
      linked_ancestor_ids: instance.linked_parent_folder_ids.map((id) => this.folders.pathTo(id)),
      mime_type: primary?.mime_type ?? null,
      content_size: primary?.content_size ?? null,
      renditions: this.contents.of(instance.id).map((content) => this.content(instance, content)),
      _links: this.links(instance, primary),
    };
  }

  version(instance: Instance): Record<string, unknown> {
    const { id, version_no, latest, version_label } = instance;
    const primary = this.contents.primaryOf(id);
    return { id, version_no, latest, version_label, mime_type: primary?.mime_type ?? null, _links: this.links(instance, primary) };
  }

  content(instance: Instance, content: Content): Record<string, unknown> {
    const { blob: _blob, source, ...shown } = content;
    const self = { href: `${this.href(instance)}/contents/${content.id}` };
    return {
      ...shown,
      ...(source ? { source } : {}),
      rendition_type: content.rendition_type.toLowerCase(),
      owner: this.user(content.owner),
      created_by: this.user(content.created_by),
      updated_by: this.user(content.updated_by),
      _links: { self, "urn:eim:linkrel:delete": self, ...this.downloadLink(content) },
    };
  }

  history(row: HistoryRow): Record<string, unknown> {
    const { object: _object, ...shown } = row;
    return { ...shown, event_user: this.user(row.event_user) };
  }

  /** Value of a field that filters and sorts name. */
  fieldOf(instance: Instance, field: string): unknown {
    if (field === "mime_type") return this.contents.primaryOf(instance.id)?.mime_type;
    if (field === "content_size") return this.contents.primaryOf(instance.id)?.content_size;
    return SYSTEM_FIELDS.has(field) ? instance[field as keyof Instance] : instance.properties[field];
  }

  private links(instance: Instance, primary: Content | undefined): Record<string, { href: string }> {
    const self = { href: this.href(instance) };
    return {
      self,
      edit: self,
      "urn:eim:linkrel:delete": self,
      ...(instance.parent_folder_id === null ? {} : { parent: { href: `${self.href}/parent` } }),
      ...(primary ? this.downloadLink(primary) : {}),
    };
  }

  /** Absolute, on the content service's host; its exact query string is [UNKNOWN], so there is none. */
  private downloadLink(content: Content): Record<string, { href: string }> {
    const href = this.contents.downloadUrlOf(content);
    return href ? { "urn:eim:linkrel:download-media": { href } } : {};
  }

  private href({ category, type, id }: Instance): string {
    return `${this.base()}/instances/${category}/${type}/${id}`;
  }

  private user(name: string): unknown {
    return this.userObjects() ? this.permissions.userObject(name) : name;
  }
}
