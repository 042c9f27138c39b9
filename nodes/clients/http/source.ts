import type { ContentReference } from "../../core/content/reference";
import type { SourceFile } from "./upload";

/** The bytes to send: a content reference, or a file whose length, hash and type are known. */
export type Content = ContentReference | (SourceFile & { mediaType: string; fileName?: string });

/** The file behind the content. Throws `content-missing`. */
export async function sourceOf(content: Content): Promise<SourceFile> {
  const path = typeof content.path === "string" ? content.path : await content.path();
  return { path, size: content.size, sha256: content.sha256 };
}
