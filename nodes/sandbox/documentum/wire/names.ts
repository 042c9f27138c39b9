/** A name as a path segment: encoded twice, so a blank becomes `%2B` (wire/documentum.md section 9). */
export function nameToPath(name: string): string {
  const form = encodeURIComponent(name)
    .replace(/%20/g, "+")
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return encodeURIComponent(form);
}

/** Reverses `nameToPath`: percent-decoding first, then form-decoding. Throws URIError when the segment is malformed. */
export function nameFromPath(segment: string): string {
  return decodeURIComponent(decodeURIComponent(segment).replace(/\+/g, " "));
}
