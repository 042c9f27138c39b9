import { flat, type Metadata } from "./metadata";

/** An index file in the manner of a Generic Archive connector (wire/exstream.md 9.3). */
export interface IndexFile {
  /** With extension. */
  name: string;
  /** What stands between two fields. */
  separator: string;
  /** `Path`, or a name of the metadata: `AccountNumber`, `CustomerNumber`, `FileSha256`, `RecipientName` ... */
  columns: string[];
  /** The first line names the columns. */
  header: boolean;
  encoding: "utf8" | "latin1";
}

/** Name of the column that holds the path of the document, relative to the index file. */
export const PATH_COLUMN = "Path";

/**
 * A line for every document. A value that the metadata lack is empty; a separator or line end within a value becomes a
 * space, since the vendor states no way to quote one.
 */
export function* indexLines(index: IndexFile, documents: Iterable<Metadata>, placeOf: (metadata: Metadata) => string): Generator<Buffer> {
  const line = (values: string[]) => Buffer.from(`${values.join(index.separator)}\n`, index.encoding);
  if (index.header) yield line(index.columns);
  for (const metadata of documents) {
    const values = new Map<string, string>([...flat(metadata), [PATH_COLUMN, placeOf(metadata)]]);
    yield line(index.columns.map((column) => withoutBreaks(values.get(column) ?? "", index.separator)));
  }
}

function withoutBreaks(value: string, separator: string): string {
  return value.replaceAll(separator, " ").replace(/[\r\n]+/g, " ");
}
