/** What a sandbox holds, with the hashes of its bytes, so that a test never takes the product's word for it. */
import { existsSync, readFileSync } from "node:fs";
import { records, type StoredInstance, type StoredObject, storedInCms, storedInDocumentum } from "../../scripts/support/sandbox-files.ts";
import { sha256 } from "./values.ts";

/** Of a file's bytes; `missing` when it is not there. */
export const hashOfFile = (path: string): string => (existsSync(path) ? sha256(readFileSync(path)) : "missing");

const hashed = <T extends StoredObject>(object: T): T & { sha256: string } => ({ ...object, sha256: hashOfFile(object.path) });

/** The objects of a Documentum type, with what their bytes hash to. */
export const documentumObjects = (dataDir: string, type?: string) => storedInDocumentum(dataDir, type).map(hashed<StoredObject>);

/** The instances of a CMS type, with what the bytes they point to hash to in CSS. */
export const cmsInstances = (dataDir: string, type?: string) => storedInCms(dataDir, type).map(hashed<StoredInstance>);

/** Ids of all blobs in CSS. */
export const cssBlobs = (dataDir: string): string[] => [...records(dataDir, "css", "content").keys()];
