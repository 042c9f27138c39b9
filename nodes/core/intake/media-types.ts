/** Media types Exstream and the archives meet, each with its file extensions; the first is the one we write. */
const EXTENSIONS: Record<string, readonly string[]> = {
  "application/pdf": ["pdf"],
  "text/html": ["html", "htm"],
  "application/xhtml+xml": ["xhtml"],
  "text/plain": ["txt", "text", "log"],
  "text/csv": ["csv"],
  "application/json": ["json"],
  "application/xml": ["xml"],
  "text/xml": ["xml"],
  // Interactive document of Empower (wire/exstream.md 4.1).
  "application/vnd.exstream-empower": ["mpw"],
  "application/afp": ["afp"],
  "application/vnd.ibm.modcap": ["afp"],
  "application/vnd.hp-pcl": ["pcl"],
  "application/postscript": ["ps", "eps"],
  "application/msword": ["doc"],
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
  "application/vnd.ms-excel": ["xls"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
  "application/vnd.ms-powerpoint": ["ppt"],
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["pptx"],
  "application/vnd.oasis.opendocument.text": ["odt"],
  "application/rtf": ["rtf"],
  "text/rtf": ["rtf"],
  "application/zip": ["zip"],
  "message/rfc822": ["eml"],
  "image/tiff": ["tif", "tiff"],
  "image/png": ["png"],
  "image/jpeg": ["jpg", "jpeg"],
  "image/gif": ["gif"],
  "image/svg+xml": ["svg"],
  "image/bmp": ["bmp"],
};

const MEDIA_TYPES = new Map(
  Object.entries(EXTENSIONS)
    .toReversed()
    .flatMap(([mediaType, extensions]) => extensions.map((extension) => [extension, mediaType])),
);

export const UNKNOWN_MEDIA_TYPE = "application/octet-stream";

/** Types that say nothing about the content: what HTTP clients send when nobody set one. */
const SILENT = new Set([UNKNOWN_MEDIA_TYPE, "binary/octet-stream", "application/x-www-form-urlencoded"]);

/** The extension (no dot, lower case) written for a media type; undefined for types not known here. */
export function extensionFor(mediaType: string): string | undefined {
  return extensionsOf(mediaType)?.[0];
}

/** The media type that a file name's extension tells; undefined when it tells none. */
export function mediaTypeFor(fileName: string): string | undefined {
  return MEDIA_TYPES.get(extensionOf(fileName));
}

/** Lower-case `type/subtype` of a Content-Type value; undefined when it is none, or one that says nothing. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  const bare = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(bare) && !SILENT.has(bare) ? bare : undefined;
}

/**
 * The file name with an extension: Exstream's envelope gives names without one (wire/exstream.md 4.1). A name that
 * already ends in an extension known here is kept, as is any name when the media type has no known extension.
 */
export function completeFileName(name: string, mediaType: string): string {
  const extension = extensionFor(mediaType);
  return extension === undefined || MEDIA_TYPES.has(extensionOf(name)) ? name : `${name}.${extension}`;
}

function extensionsOf(mediaType: string): readonly string[] | undefined {
  return Object.hasOwn(EXTENSIONS, mediaType) ? EXTENSIONS[mediaType] : undefined;
}

function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf(".");
  return dot > 0 ? fileName.slice(dot + 1).toLowerCase() : "";
}
