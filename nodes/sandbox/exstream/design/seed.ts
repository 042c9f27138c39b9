import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { templateText } from "../compose/compose";
import { COMMUNICATION, INTERACTIVE } from "../seed";
import type { Library } from "./library";
import type { ContentRecord, ResourceRecord, State } from "./resource";

const CREATED = "2026-01-15T08:00:00.000Z";

/** A picture of one pixel. */
const LOGO = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const LOGO_ID = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c06";
const CLOSING_ID = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c07";
const NOTICE_ID = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c08";

/** The communication of the demo domain with its set, the picture and the text it uses, and a text that is still a draft. */
export function seedLibrary(library: Library): void {
  const enter = (id: string, name: string, type: string, version: number, state: State, content: ContentRecord): void => {
    const record: ResourceRecord = {
      id,
      version,
      name,
      type,
      state,
      description: "",
      stateComment: "",
      locked: false,
      createdBy: "demo",
      createdDate: CREATED,
      lastModifiedBy: "demo",
      lastModifiedDate: CREATED,
      metadata: {},
      approvedBy: state === "APPROVED" ? "demo" : undefined,
      contents: { content },
    };
    library.enter(record);
  };
  const template = contentOf(library, "text/plain", Buffer.from(templateText("pdf")));
  for (const { id, name, setId, version } of [COMMUNICATION, INTERACTIVE]) {
    enter(id, name, "exstrapplication", version, "APPROVED", template);
    enter(setId, `${name} set`, "exstrcommunicationset", version, "APPROVED", contentOf(library, "text/plain", Buffer.alloc(0)));
    library.link({ linkSubjectId: id, subjectVersion: version, linkObjectId: setId });
  }
  enter(LOGO_ID, "Logo", "image", 1, "APPROVED", contentOf(library, "image/png", LOGO));
  enter(CLOSING_ID, "Closing text", "exstrtextmessage", 2, "APPROVED", contentOf(library, "text/plain", Buffer.from("Kind regards")));
  enter(NOTICE_ID, "Price notice", "exstrtextmessage", 1, "DRAFT", contentOf(library, "text/plain", Buffer.from("From 1 July")));
  const { id: linkSubjectId, version: subjectVersion } = COMMUNICATION;
  for (const linkObjectId of [LOGO_ID, CLOSING_ID]) library.link({ linkSubjectId, subjectVersion, linkObjectId });
}

/** Written at once: the library is filled before the first request. */
function contentOf(library: Library, mimeType: string, bytes: Buffer): ContentRecord {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const file = `design-seed-${sha256.slice(0, 16)}`;
  writeFileSync(library.store.contentPath(file), bytes);
  return { file, mimeType, size: bytes.length, sha256 };
}
