import { rmSync } from "node:fs";
import should from "should";
import { envelopeOf } from "../nodes/deliveries.ts";
import { ConsoleRig, consoleFlow } from "./rig.ts";

const POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

describe("The console's API gives out documents that may be anything", function () {
  this.timeout(60_000);
  const rig = new ConsoleRig(() => ({ flows: consoleFlow(), httpAdminRoot: "/red" }));
  let customers = 0;

  /** Delivers bytes of a type under a name. */
  const enter = async (bytes: string, mimeType: string, fileName: string) => {
    customers += 1;
    const context = { jobId: "j", customerNumber: String(customers), fileName, originalFileName: fileName };
    const envelope = { ...envelopeOf(Buffer.from(bytes), context), mimeType };
    return rig.deliver("closed", { "Content-Type": "application/json" }, JSON.stringify(envelope));
  };
  const content = (id: string, query = "") => rig.api(`/documents/${id}/content${query}`);

  const types: [string, string, "inline" | "attachment"][] = [
    ["application/pdf", "application/pdf", "inline"],
    ["text/html", "text/html", "inline"],
    ["text/plain", "text/plain; charset=utf-8", "inline"],
    ["application/json", "text/plain; charset=utf-8", "inline"],
    ["application/xml", "text/plain; charset=utf-8", "inline"],
    ["image/png", "image/png", "inline"],
    ["image/svg+xml", "application/octet-stream", "attachment"],
    ["application/xhtml+xml", "application/octet-stream", "attachment"],
    ["text/javascript", "application/octet-stream", "attachment"],
    ["application/afp", "application/octet-stream", "attachment"],
    ["application/octet-stream", "application/octet-stream", "attachment"],
  ];
  for (const [type, sent, kind] of types) {
    it(`${type}: ${kind} as ${sent}, without rights`, async () => {
      const bytes = `<script>alert(1)</script> of ${type}`;
      const id = await enter(bytes, type, "plain");
      const shown = await content(id);
      shown.text.should.equal(bytes);
      shown.headers.should.have.properties({
        "content-type": sent,
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "cross-origin-resource-policy": "same-origin",
      });
      shown.headers["content-disposition"]?.should.startWith(`${kind}; filename="plain`);
      (await content(id, "?download")).headers["content-disposition"]?.should.startWith("attachment; ");
    });
  }

  const names: [string, string, string][] = [
    ["quotes and more parameters", 'a"; filename="b.exe"; c=.txt', "a__ filename__b.exe__ c_.txt"],
    ["umlauts", "Kontoauszug für Müller.txt", "Kontoauszug f_r M_ller.txt"],
    ["a reversed end", "statement\u202etxt.exe.txt", "statement_txt.exe.txt"],
    ["a hidden file", "..htaccess.txt", "_htaccess.txt"],
    ["no name of its own", "💶.txt", "__.txt"],
    ["percent and quotes", "100% 'sure' (really)*.txt", "100_ _sure_ (really)_.txt"],
  ];
  for (const [name, fileName, plain] of names) {
    it(`keeps a file name within its header: ${name}`, async () => {
      const { headers } = await content(await enter(name, "text/plain", fileName));
      const [, inPlain, inFull] =
        /^inline; filename="([^"]*)"; filename\*=UTF-8''([\w%.~!-]*)$/.exec(headers["content-disposition"] ?? "") ?? [];
      should(inPlain).equal(plain);
      decodeURIComponent(inFull as string).should.not.match(/[\p{Cc}/\\\u202e]/u);
      headers.should.not.have.property("set-cookie");
    });
  }

  it("says so when the spool no longer has the bytes", async () => {
    const id = await enter("short-lived", "text/plain", "a.txt");
    const { document } = await rig.inState(id, "closed");
    const { sha256 } = document.content;
    rmSync(`${rig.nodeRed.userDir}/docbridge/spool/${sha256.slice(0, 2)}/${sha256}`);
    const reply = await content(id);
    should(reply).match({ status: 404, json: { code: "content-missing" } });
    reply.headers["content-type"]?.should.match(/^application\/json/);
  });
});
