import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";

export interface Format {
  name: string;
  mediaType: string;
  extension: string;
  objectId: string;
}

/** The repository's formats by name and by media type. */
export class Formats {
  constructor(private readonly objects: ObjectTable) {}

  byName(name: string): Format | undefined {
    return this.first(this.objects.lookup("name", name));
  }

  /** The oldest format of a media type. */
  byMediaType(mediaType: string): Format | undefined {
    return mediaType === "" ? undefined : this.first(this.objects.lookup("mime_type", ALIASES[mediaType] ?? mediaType));
  }

  private first(ids: Iterable<string>): Format | undefined {
    for (const id of ids) {
      const record = this.objects.get(id);
      if (record?.type === "dm_format") return formatOf(record);
    }
    return undefined;
  }
}

const ALIASES: Record<string, string> = { "application/xml": "text/xml", "image/jpg": "image/jpeg" };

function formatOf(record: ObjectRecord): Format {
  const text = (name: string): string => (record.values[name] as string | undefined) ?? "";
  return { name: text("name"), mediaType: text("mime_type"), extension: text("dos_extension"), objectId: record.id };
}
