import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import should from "should";
import { launchBrowser } from "../support/browser.ts";
import { ConsoleRig, consoleFlow, LEDGER } from "./rig.ts";

const assets = readdirSync(join(import.meta.dirname, "../../dist/console/ui")).filter((name) => name !== "index.html");

describe("The console's page", function () {
  this.timeout(60_000);
  const rig = new ConsoleRig(() => ({
    flows: consoleFlow(),
    httpAdminRoot: "/red",
    // Whoever set this lets every page in the world ask.
    settings: { httpAdminCors: { origin: "*", methods: "GET,PUT,POST,DELETE" } },
  }));
  const get = (path: string) => rig.send(path, "GET", {});

  const directives = async (path: string) => {
    const policy = (await get(path)).headers["content-security-policy"] ?? "";
    return Object.fromEntries(policy.split("; ").map((directive) => directive.split(/ (.*)/, 2) as [string, string]));
  };

  it("is there, with and without a slash at the end", async () => {
    const page = await get("/console/");
    should(page).match({ status: 200, text: /<script type="module" src="console-/ });
    page.headers["content-type"]?.should.startWith("text/html");
    page.headers["cache-control"]?.should.equal("no-cache");
    should(await get("/console")).match({ status: 302, headers: { location: "console/" } });
  });

  it("keeps what is named by its content in the browser's cache, and nothing else", async () => {
    assets.length.should.be.above(1);
    for (const name of assets) {
      const asset = await get(`/console/${name}`);
      asset.status.should.equal(200);
      asset.headers["cache-control"]?.should.equal("public, max-age=31536000, immutable");
      asset.headers["content-type"]?.should.match(name.endsWith(".js") ? /javascript/ : /css/);
      asset.headers.should.have.properties({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    }
  });

  it("may load nothing from elsewhere and run no script but its own", async () => {
    const same = ["/console/", `/console/${assets[0]}`, "/console/none"];
    for (const path of same) {
      const policy = await directives(path);
      policy.should.have.properties({
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
      });
      Object.values(policy)
        .join(" ")
        .should.not.match(/unsafe|http|\*/);
    }
  });

  it("gives out no other file", async () => {
    for (const path of ["none.js", "../register.js", "..%2fregister.js", "%2e%2e/register.js", "..%5cregister.js", ".git", "%00", "ui/"]) {
      const reply = await get(`/console/${path}`);
      should([path, reply.status]).match([path, (status: number) => [400, 403, 404].includes(status)]);
      reply.text.should.not.match(/registerConsole|stack|node_modules/);
    }
  });

  describe("in a browser", () => {
    let browser: Browser;
    let page: Page;
    let elsewhere: Server;
    const asked: string[] = [];
    let other: string;
    before(async () => {
      elsewhere = createServer((request, response) => {
        asked.push(String(request.url));
        response.end();
      });
      await once(elsewhere.listen(0, "127.0.0.1"), "listening");
      other = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
      browser = await launchBrowser();
      page = await browser.newPage();
    });
    after(async () => {
      await browser.close();
      elsewhere.close();
      elsewhere.closeAllConnections();
    });

    it("shows the HTML of a document with its own styles and images, and without anything that acts or tells others", async () => {
      const html = `<!doctype html><html><head>
        <meta http-equiv="refresh" content="0; url=${other}/refresh">
        <base href="${other}/">
        <link rel="stylesheet" href="${other}/style.css">
        <style>p { color: rgb(1, 2, 3); background: url(${other}/background.png) }</style>
        <script>document.title = "acted"; parent.parent.acted = true; fetch("${other}/fetch")</script>
        <script src="${other}/script.js"></script></head>
        <body onload="parent.parent.acted = true"><p id="text">Dear customer</p>
        <img id="inline" src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">
        <img src="${other}/image.png" onerror="parent.parent.acted = true">
        <iframe src="${other}/frame"></iframe><object data="${other}/object"></object><video src="${other}/video"></video>
        <a id="link" href="${other}/link" target="_top">more</a>
        <form action="${other}/form" method="post"><button id="send">send</button></form></body></html>`;
      await page.goto(`${rig.nodeRed.adminUrl}/docbridge/console/`);
      await page.evaluate(async (document) => {
        const frame = globalThis.document.createElement("iframe");
        frame.id = "preview";
        frame.src = "preview";
        const ready = new Promise((resolve) => addEventListener("message", ({ data }) => data === "ready" && resolve(undefined)));
        globalThis.document.body.append(frame);
        await ready;
        frame.contentWindow?.postMessage(document, location.origin);
      }, html);
      const shown = page.frameLocator("#preview").frameLocator("iframe");
      const text = shown.locator("#text");
      await text.waitFor();
      (await text.evaluate((paragraph) => getComputedStyle(paragraph).color)).should.equal("rgb(1, 2, 3)");
      await shown.locator("#inline").evaluate((image) => (image as HTMLImageElement).decode());
      await shown.locator("#send").click();
      await shown.locator("#link").click();
      await text.waitFor();
      should(await page.evaluate(() => [document.title === "acted", "acted" in globalThis])).eql([false, false]);
      page.url().should.startWith(rig.nodeRed.adminUrl);
      asked.should.eql([]);
    });

    it("shows only documents that the page around it hands over", async () => {
      const preview = `${rig.nodeRed.adminUrl}/docbridge/console/preview`;
      await page.goto(`${other}/opener`);
      const opened = page.waitForEvent("popup");
      await page.evaluate((url) => Object.assign(globalThis, { opened: open(url) }), preview);
      const popup = await opened;
      await popup.locator("iframe").waitFor({ state: "attached" });
      await page.evaluate(() => (globalThis as unknown as { opened: Window }).opened.postMessage("<p>from a stranger</p>", "*"));
      // Messages are taken in their order: once this one is there, the stranger's has been looked at.
      const seen = await popup.evaluate(
        () => new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data)) ?? postMessage(1, location.origin)),
      );
      should(seen).be.oneOf("<p>from a stranger</p>", 1);
      should(await popup.locator("iframe").getAttribute("srcdoc")).not.equal("<p>from a stranger</p>");
      should((await directives("/console/preview"))["frame-ancestors"]).equal("'self'");
    });

    it("does nothing for a page of another origin, whatever Node-RED allows it to ask", async () => {
      const hold = (url: string) =>
        fetch(url, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-Docbridge": "console" },
          body: JSON.stringify({ destination: "archive", why: "by a page" }),
        }).then((reply) => reply.status);
      const holds = `${rig.nodeRed.adminUrl}/docbridge/api/ledgers/${LEDGER}/holds`;
      await page.goto(`${other}/page`);
      should(await page.evaluate(hold, holds)).equal(403);
      should((await rig.api("/holds")).json).eql([]);
      // The same from the console's own page.
      await page.goto(`${rig.nodeRed.adminUrl}/docbridge/console/`);
      should(await page.evaluate(hold, holds)).equal(200);
      should((await rig.api("/holds")).json).match([{ destination: "archive", who: "anonymous" }]);
    });
  });
});
