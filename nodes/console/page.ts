import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";

/** Where the build puts the page and what belongs to it; this file is built to `dist/console`. */
const FOLDER = join(__dirname, "ui");
/** Names that change with their content. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

/**
 * Shows a document's HTML, which it is given by `postMessage`, as it looks: with the document's own styles and images,
 * which the page's policy would forbid, and without anything that could act.
 */
const PREVIEW_SCRIPT = `
addEventListener("message", ({ data, origin, source }) => {
  if (origin !== location.origin || source !== parent || typeof data !== "string") return;
  document.querySelector("iframe").srcdoc = data;
});
parent.postMessage("ready", location.origin);`;
const PREVIEW = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Preview</title>
<style>html, body { height: 100%; margin: 0; background: #fff } iframe { width: 100%; height: 100%; border: 0; display: block }</style>
<iframe sandbox title="Preview"></iframe>
<script>${PREVIEW_SCRIPT}</script>
</html>
`;

const PAGE_POLICY = policyOf({
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data: blob:",
  "font-src": "'self'",
  "connect-src": "'self'",
  // A PDF or an image that the page has fetched with its token, and the preview below. PDF viewers are objects to browsers.
  "frame-src": "'self' blob:",
  "object-src": "blob:",
});
const PREVIEW_POLICY = policyOf({
  "script-src": `'sha256-${createHash("sha256").update(PREVIEW_SCRIPT).digest("base64")}'`,
  "style-src": "'unsafe-inline'",
  "img-src": "data:",
});

/**
 * Serves the operator console. It holds no data, so nobody needs to sign in for it: the page signs in for its data, with
 * the editor's own sign-in.
 */
export function servePage(RED: NodeAPI): void {
  RED.httpAdmin.get("/docbridge/console", (request: Request, response: Response) => {
    // Express takes the address with a slash at its end for the same, but the page's own addresses are relative to it.
    if (request.path.endsWith("/")) sendFile(response, "index.html");
    else response.redirect("console/");
  });
  RED.httpAdmin.get("/docbridge/console/preview", (_request: Request, response: Response) => {
    response
      .set({ ...headersOf(PREVIEW_POLICY), "Cache-Control": "no-cache" })
      .type("html")
      .send(PREVIEW);
  });
  RED.httpAdmin.get("/docbridge/console/*", (request: Request, response: Response) => sendFile(response, String(request.params[0])));
}

/** Paths that lead out of the folder are refused by Express. */
function sendFile(response: Response, file: string): void {
  const cache = HASHED.test(file) ? "public, max-age=31536000, immutable" : "no-cache";
  response.set({ ...headersOf(PAGE_POLICY), "Cache-Control": cache });
  response.sendFile(file, { root: FOLDER, cacheControl: false }, (error) => {
    if (!error || response.headersSent) return;
    const missing =
      file === "index.html" ? "The operator console is not in this build of Docbridge. Build it with: npm run build" : "Not found";
    response.status(404).type("text").send(missing);
  });
}

function headersOf(policy: string): Record<string, string> {
  return {
    "Content-Security-Policy": policy,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  };
}

function policyOf(sources: Record<string, string>): string {
  const all = { "default-src": "'none'", ...sources, "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'self'" };
  return Object.entries(all)
    .map((directive) => directive.join(" "))
    .join("; ");
}
