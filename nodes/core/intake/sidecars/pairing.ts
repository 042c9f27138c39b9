/** How documents and sidecars of one folder belong together (wire/exstream.md 13.5; ours, so all of it can be changed). */
export interface PairingRule {
  /** `stem`: `x.pdf` belongs to `x.json`, `x.xml`, `x.pdf.json` and `x.pdf.xml`. */
  rule: "stem";
  /** Endings of sidecars, in the order of preference; default `.json`, `.xml`. */
  sidecarExtensions?: readonly string[];
  /** Endings of files that nobody looks at; default `.tmp`. Names that begin with a dot are never looked at. */
  ignoredExtensions?: readonly string[];
  /** Endings of marker files; they are never documents. */
  markers?: MarkerRule;
  /** True: only names whose marker is there count; the others wait. Default false. */
  needsMarker?: boolean;
}

export interface MarkerRule {
  /** Marker of one document, `x.done` or `x.pdf.done`; default `.done`. */
  document?: readonly string[];
  /** Any such file says that the whole folder is complete; default `.trigger`. */
  folder?: readonly string[];
}

export interface PairedDocument {
  document: string;
  sidecar?: string;
  /** Its own marker file, where there is one. */
  marker?: string;
  /** The sidecar describes more documents of the folder; it may only be moved with the last of them. */
  sharedSidecar?: true;
}

export interface Pairing {
  /** Documents with their sidecars. */
  pairs: (PairedDocument & { sidecar: string })[];
  /** Documents without a sidecar. */
  documents: PairedDocument[];
  /** Sidecars without a document, and second sidecars of a document. */
  sidecars: string[];
  /** Markers of one document for which no document is there. */
  markers: string[];
  /** Markers of the folder that are there. */
  folderMarkers: string[];
  /** Names whose marker is not there yet. */
  waiting: string[];
}

/** Says which files of a folder listing (plain names) belong together. Endings are compared without case, stems with it. */
export function pairUp(names: readonly string[], rule: PairingRule): Pairing {
  const folder = sortOut(names, rule);
  const sidecarOf = new Map(folder.documents.map((document) => [document, bestSidecar(document, folder)]));
  const used = count([...sidecarOf.values()]);
  const markerOf = (name: string) => folder.documentMarkers.find((marker) => marks(marker, name, rule));
  const isReady = (name: string) => !rule.needsMarker || folder.folderMarkers.length > 0 || markerOf(name) !== undefined;

  const paired = folder.documents.map((document): PairedDocument => {
    const sidecar = sidecarOf.get(document);
    const marker = markerOf(document);
    const isShared = sidecar !== undefined && (used.get(sidecar) ?? 0) > 1;
    return { document, ...(sidecar && { sidecar }), ...(marker && { marker }), ...(isShared && { sharedSidecar: true }) };
  });
  const ready = paired.filter(({ document }) => isReady(document));
  const lone = folder.sidecars.filter((sidecar) => !used.has(sidecar));
  const waiting = paired
    .filter(({ document }) => !isReady(document))
    .flatMap(({ document, sidecar }) => [document, ...(sidecar ? [sidecar] : [])]);
  return {
    pairs: ready.filter(hasSidecar),
    documents: ready.filter((entry) => !hasSidecar(entry)),
    sidecars: lone.filter(isReady),
    markers: folder.documentMarkers.filter((marker) => !folder.documents.some((document) => marks(marker, document, rule))),
    folderMarkers: folder.folderMarkers,
    waiting: [...new Set([...waiting, ...lone.filter((sidecar) => !isReady(sidecar))])],
  };
}

interface Folder {
  documents: string[];
  sidecars: string[];
  sidecarExtensions: readonly string[];
  documentMarkers: string[];
  folderMarkers: string[];
}

function sortOut(names: readonly string[], rule: PairingRule): Folder {
  const sidecarExtensions = rule.sidecarExtensions ?? [".json", ".xml"];
  const ignored = rule.ignoredExtensions ?? [".tmp"];
  const looked = names.filter((name) => !name.startsWith(".") && !endsWithAny(name, ignored)).toSorted();
  const documentMarkers = looked.filter((name) => endsWithAny(name, documentMarkerExtensions(rule)));
  const folderMarkers = looked.filter((name) => endsWithAny(name, rule.markers?.folder ?? [".trigger"]));
  const others = looked.filter((name) => !documentMarkers.includes(name) && !folderMarkers.includes(name));
  const sidecars = others.filter((name) => endsWithAny(name, sidecarExtensions));
  const documents = others.filter((name) => !sidecars.includes(name));
  return { documents, sidecars, sidecarExtensions, documentMarkers, folderMarkers };
}

/** A sidecar named after the whole document name goes before one named after its stem. */
function bestSidecar(document: string, { sidecars, sidecarExtensions }: Folder): string | undefined {
  for (const base of [document, stemOf(document)]) {
    for (const extension of sidecarExtensions) {
      const found = sidecars.find((sidecar) => isNamed(sidecar, base, extension));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function marks(marker: string, name: string, rule: PairingRule): boolean {
  return documentMarkerExtensions(rule).some((extension) => [name, stemOf(name)].some((base) => isNamed(marker, base, extension)));
}

function documentMarkerExtensions(rule: PairingRule): readonly string[] {
  return rule.markers?.document ?? [".done"];
}

function isNamed(name: string, base: string, extension: string): boolean {
  return name.length === base.length + extension.length && name.startsWith(base) && endsWithAny(name, [extension]);
}

function endsWithAny(name: string, extensions: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return extensions.some((extension) => lower.endsWith(extension.toLowerCase()));
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

function hasSidecar(entry: PairedDocument): entry is PairedDocument & { sidecar: string } {
  return entry.sidecar !== undefined;
}

function count(names: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
