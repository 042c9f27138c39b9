/** A refused CMS request: status, exception and details as clients read them (wire/css.md section 9). */
export class CmsError extends Error {
  constructor(
    readonly status: number,
    readonly exception: string,
    details: string,
  ) {
    super(details);
  }
}

export const invalid = (details: string): CmsError => new CmsError(400, "ValidationException", details);
export const badFilter = (details: string): CmsError => new CmsError(400, "InvalidFilterException", details);
export const notFound = (what: string): CmsError => new CmsError(404, "ResourceNotFoundException", `${what} does not exist`);
/** The status is ours: what the vendor answers without permission is [UNKNOWN]. */
export const forbidden = (details: string): CmsError => new CmsError(403, "AccessDeniedException", details);
/** The status is ours: what the vendor answers to locks, name clashes and guarded deletes is [UNKNOWN]. */
export const conflict = (details: string): CmsError => new CmsError(409, "ConflictException", details);
