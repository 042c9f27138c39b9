/** Run as a child by upload.test.ts: uploads a file and reports by how much the process grew meanwhile. */
import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { createHttp } from "../../dist/clients/http.js";
import { uploadFile } from "../../dist/clients/upload.js";

const [url = "", path = ""] = process.argv.slice(2);
const hash = createHash("sha256");
for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
const file = { path, size: statSync(path).size, sha256: hash.digest("hex") };
const http = createHttp({ timeoutMs: 10_000 });
const framing = { file: { name: "file", contentType: "application/pdf", fileName: "large.pdf" } };

const before = process.memoryUsage().rss;
const { sent } = await uploadFile(http, { url, headers: {}, file, framing, md5: true });
const peak = process.resourceUsage().maxRSS * 1024;
process.send?.({ bytes: sent.bytes, grownBy: Math.max(0, peak - before) });
http.close();
process.disconnect?.();
