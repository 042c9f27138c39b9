/** Run as a child by upload.test.ts: uploads a file and reports by how much the process grew meanwhile. */
import { createHttp } from "../../dist/clients/http/http.js";
import { uploadFile } from "../../dist/clients/http/upload.js";

const [url = "", path = "", size = "", sha256 = ""] = process.argv.slice(2);
const http = createHttp({ timeoutMs: 10_000 });
const framing = { file: { name: "file", contentType: "application/pdf", fileName: "large.pdf" } };

// Sampled, because the highest value the system reports is that of the start, when the sources are loaded.
const before = process.memoryUsage.rss();
let peak = before;
const sampling = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);
const { sent } = await uploadFile(http, { url, headers: {}, file: { path, size: Number(size), sha256 }, framing, md5: true });
clearInterval(sampling);
process.send?.({ bytes: sent.bytes, grownBy: peak - before });
http.close();
process.disconnect?.();
