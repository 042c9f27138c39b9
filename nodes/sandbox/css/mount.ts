import { randomUUID } from "node:crypto";
import type { SandboxApp } from "../kernel/app";
import type { Identity } from "../kernel/identity";
import type { ContentStore } from "./content-store";
import { declareDownloadSwitches } from "./download";
import { protectedRoutes, sendProblem } from "./problem";
import { addV2Routes } from "./routes-v2";
import { addV3Routes } from "./routes-v3";
import { addShareLinkRoutes } from "./share-links";
import { addPartRoutes } from "./upload-parts";

/** Host form and gateway form of the same service (wire/css.md 2.1). */
const MOUNTS = ["", "/css"];

/** Adds the content routes of wire/css.md section 13 (S1 to S13, E1). */
export function mountCss(app: SandboxApp, contents: ContentStore, identity: Identity): void {
  app.switches.declare("css.allow-delete", false, "DELETE on content answers 204 instead of 405 (not in the vendor's description)");
  app.switches.declare("css.v3-create-status", 201, "Status of POST /v3/files/fromStream; clients must take 200 and 201");
  app.switches.declare("css.upload-parts", false, "Offers POST /v3/files and uploads in parts (bodies and completion are ours)");
  declareDownloadSwitches(app);
  app.failWith("css", sendProblem);
  const add = protectedRoutes(app, identity);
  for (const mount of MOUNTS) {
    addV3Routes(app, contents, add, mount);
    addPartRoutes(app, contents, add, mount);
    addV2Routes(app, contents, add, mount);
    addShareLinkRoutes(app, contents, add, mount);
  }
}

/** An id for `POST /v2/upload/{id}/content`, good for one upload. How the vendor issues them is [UNKNOWN]. */
export function issueUploadId(app: SandboxApp, contents: ContentStore): string {
  const id = randomUUID();
  contents.store.collection<{ issuedAt: string }>("upload-id").put(id, { issuedAt: new Date(app.now()).toISOString() });
  return id;
}
