import type { ZipEntry } from "../zip";
import type { Library } from "./library";
import { type LinkRecord, type ResourceRecord, shownResource } from "./resource";

/** Which versions of each resource go into a package. */
export const EXPORT_VERSIONS = ["LATEST_APPROVED", "ALL", "LATEST"] as const;
export type ExportVersions = (typeof EXPORT_VERSIONS)[number];

/** The entries of an export package in the layout of wire/exstream.md 10.6: a resource and everything it uses. */
export function exportEntries(library: Library, root: ResourceRecord, versions: ExportVersions, user: string, at: string): ZipEntry[] {
  const ids = new Set([
    root.id,
    ...library.versions(root.id).flatMap((each) => library.linksFrom(each, Number.POSITIVE_INFINITY).map((link) => link.linkObjectId)),
  ]);
  const records = [...ids].flatMap((id) => chosen(library, id, versions));
  const links = library
    .allLinks()
    .filter((link) => records.some(({ id, version }) => id === link.linkSubjectId && version === link.subjectVersion));
  return [
    json("metadata.json", {
      applicationVersion: "25.2.0",
      creator: user,
      exportCreationDate: at,
      exportOptions: versions,
      versionConfig: { apiIdentifier: "design-api", major: "25", minor: "2", patch: "0", versionString: "25.2.0" },
    }),
    ...records.flatMap((record) => entriesOf(library, record)),
    json("links/links.json", links),
    { name: "links/links.gv", bytes: Buffer.from(graph(links)) },
  ];
}

function chosen(library: Library, id: string, versions: ExportVersions): ResourceRecord[] {
  if (versions === "ALL") return library.versions(id);
  const one = versions === "LATEST" ? library.latest(id) : library.approved(id);
  return one ? [one] : [];
}

function entriesOf(library: Library, record: ResourceRecord): ZipEntry[] {
  const { id, version, type } = record;
  const resource = json(`resources/${type}-${id}-${version}.json`, shownResource(record, library.isLatest(record)));
  const contents = Object.entries(record.contents).flatMap(([kind, content]): ZipEntry[] => {
    const stem = `content/${type}-${id}-${version}-${kind.toUpperCase()}`;
    return [
      { name: `${stem}.bin`, path: library.store.contentPath(content.file) },
      json(`${stem}.json`, { versionedId: { id, version }, type: kind.toUpperCase(), mimetype: content.mimeType, etag: content.sha256 }),
    ];
  });
  return [resource, ...contents];
}

function graph(links: LinkRecord[]): string {
  const edges = links.map(
    ({ linkSubjectId, subjectVersion, linkObjectId }) => `  "${linkSubjectId}-${subjectVersion}" -> "${linkObjectId}";\n`,
  );
  return `digraph links {\n${edges.join("")}}\n`;
}

function json(name: string, value: unknown): ZipEntry {
  return { name, bytes: Buffer.from(JSON.stringify(value, undefined, 2)) };
}
