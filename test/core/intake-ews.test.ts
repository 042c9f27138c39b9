import type { Readable } from "node:stream";
import should from "should";
import { DocbridgeError } from "../../dist/core/errors.js";
import { readEwsReply } from "../../dist/core/intake/ews/reply.js";
import { chunksOf, cut, errorOf, seeded } from "./intake-support.ts";

const context = { channel: "compose" as const, origin: "reply" };
const keep = async (bytes: Readable) => Buffer.concat(await bytes.toArray());
const read = (xml: string | Buffer, limits = {}) => readEwsReply(chunksOf([Buffer.from(xml)]), context, keep, limits);
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12 = "http://www.w3.org/2003/05/soap-envelope";
const envelope = (body: string, soap = SOAP) => `<?xml version="1.0"?><s:Envelope xmlns:s="${soap}"><s:Body>${body}</s:Body></s:Envelope>`;
const reply = (inside: string) => envelope(`<e:ComposeResponse xmlns:e="urn:x"><return>${inside}</return></e:ComposeResponse>`);
const file = (name: string, content: string, header = "") =>
  `<files>${header}<fileName>${name}</fileName><fileOutput>${content}</fileOutput></files>`;
const header = (fields: Record<string, string>) =>
  `<fileHeader>${Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join("")}</fileHeader>`;

describe("reply of the engine service", () => {
  it("gives a document for every file, with what its header says", async () => {
    const pdf = header({ DDAOutputFile: "false", PDL: "4", pageCount: "3", returnCode: "0", userData: "A &amp; B", version: "" });
    const { documents, statusMessage } = await read(
      reply(`${file("letter.out", base64("%PDF"), pdf)}<statusMessage>all &lt;well&gt;</statusMessage>${file("page.html", base64("<p>"))}`),
    );
    should(statusMessage).equal("all <well>");
    should(documents.map(({ content }) => content.toString())).eql(["%PDF", "<p>"]);
    should(documents[0]).match({
      returnCode: 0,
      facts: {
        variantRole: "pdf",
        mediaType: "application/pdf",
        fileName: "letter.out.pdf",
        source: { system: "exstream", channel: "compose", fileName: "letter.out" },
        metadata: { DDAOutputFile: "false", PDL: 4, pageCount: 3, returnCode: 0, userData: "A & B" },
      },
    });
    should(documents[0]?.facts.metadata).not.have.property("version");
    should(documents[1]).match({ facts: { variantRole: "html", mediaType: "text/html", fileName: "page.html", metadata: {} } });
    should(documents[1]).not.have.property("returnCode");
  });

  it("knows the type by PDL, by the name, then by the header's extension", async () => {
    const typeOf = async (name: string, fields: Record<string, string>) =>
      (await read(reply(file(name, "", header(fields))))).documents[0]?.facts.mediaType;
    should(await typeOf("a.txt", { fileType: "text/html" })).equal("text/html");
    should(await typeOf("a.txt", { PDL: "4", fileType: "PDF" })).equal("application/pdf");
    should(await typeOf("a.txt", { PDL: "0", defaultExtension: "html" })).equal("text/plain");
    should(await typeOf("a", { PDL: "7", defaultExtension: "afp" })).equal("application/afp");
    should(await typeOf("a", { PDL: "7" })).equal("application/octet-stream");
  });

  it("reads the same whatever pieces it comes in, with base64 in lines and blanks as references", async () => {
    const bytes = seeded(1).bytes(5000);
    for (const lineEnd of ["", "\r\n", "&#13;\n", "&#xD;&#xA;", " ", "<!-- a -->"]) {
      const lines = base64(bytes).replace(/.{76}/g, (line) => line + lineEnd);
      const whole = Buffer.from(reply(`${file("größe.pdf", lines)}${file("b.txt", `<![CDATA[${base64("b")}]]>`)}${file("c.txt", "")}`));
      for (let seed = 0; seed < 20; seed += 1) {
        const { documents } = await readEwsReply(chunksOf(cut(whole, seeded(seed))), context, keep);
        should(documents.map(({ content }) => base64(content))).eql([base64(bytes), base64("b"), ""]);
        should(documents[0]?.facts.fileName).equal("größe.pdf");
      }
    }
  });

  it("reads UTF-16 too", async () => {
    const text = reply(file("ä.pdf", base64("%PDF"))).replace("<?xml", "\ufeff<?xml");
    should((await read(Buffer.from(text, "utf16le"))).documents[0]).match({ facts: { fileName: "ä.pdf" } });
  });

  it("keeps of a message file the codes and how often they come", async () => {
    const lines = [
      "EX000001I Start",
      " EX002001E Customer C-2: no",
      "see EX009999E",
      "EX002001E Customer C-3: no",
      "EX000007S end",
      "EX01E",
    ];
    const { messages } = await read(reply(`<engineMessage>${base64(lines.join("\r\n"))}</engineMessage>`));
    should(messages.all).eql([
      { code: "EX000001I", count: 1 },
      { code: "EX002001E", count: 2 },
      { code: "EX000007S", count: 1 },
    ]);
    should(messages.failures.map(({ code }) => code)).eql(["EX002001E", "EX000007S"]);
  });

  const fault11 = (code: string) =>
    envelope(`<s:Fault><faultcode>${code}</faultcode><faultstring>Mr Smith is missing</faultstring><detail><x/></detail></s:Fault>`);
  const fault12 = (code: string, sub: string) =>
    envelope(
      `<s:Fault><s:Code><s:Value>s:${code}</s:Value><s:Subcode><s:Value>${sub}</s:Value></s:Subcode></s:Code>` +
        `<s:Reason><s:Text>Mr Smith is missing</s:Text></s:Reason></s:Fault>`,
      SOAP12,
    );
  for (const [xml, code, retryable, remote] of [
    [fault11("s:Client"), "refused", false, "Client"],
    [fault11("s:Server"), "server-error", true, "Server"],
    [fault11("wsse:FailedAuthentication"), "authentication-failed", false, "FailedAuthentication"],
    [fault11("a lie of Mr Smith"), "refused", false, undefined],
    [fault12("Sender", "wsse:InvalidSecurity"), "authentication-failed", false, "Sender, InvalidSecurity"],
    [fault12("Receiver", "x:y"), "server-error", true, "Receiver, y"],
  ] as const) {
    it(`throws a fault with the code ${remote ?? "that is none"}, without its reason in the message`, async () => {
      const error = await errorOf(() => read(xml));
      should(error).match({ code, retryable, remote: { message: "Mr Smith is missing" } });
      should(error.remote?.code).equal(remote);
      should(error.message).not.match(/Smith/);
    });
  }

  const laughs = `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${reply(file("&b;", ""))}`;
  const whole = reply(file("a.pdf", base64("%PDF-1.7 and so on"), header({ PDL: "4" })));
  for (const [what, xml, error] of [
    ["a DTD", laughs.replace('<?xml version="1.0"?>', ""), { code: "body-unreadable", message: /DOCTYPE/ }],
    ["an entity", reply(file("&toString;", "")), { code: "body-unreadable" }],
    ["an entity in a content", reply(file("a", "AAAA&amp;")), { code: "body-unreadable", message: /files\[0\].*base64/ }],
    ["wrong base64", reply(file("a", "AAA*")), { code: "body-unreadable", message: /files\[0\].*base64/ }],
    ["a letter beyond base64", reply(file("a", "AAA\u0141")), { code: "body-unreadable", message: /base64/ }],
    ["base64 cut off", reply(file("a", "AAAAA")), { code: "body-unreadable", message: /base64/ }],
    ["wrong base64 in the message file", reply("<engineMessage>A</engineMessage>"), { code: "body-unreadable", message: /engineMessage/ }],
    ["an element in a content", reply(file("a", "AAAA<b>AAAA</b>")), { code: "body-unreadable", message: /fileOutput/ }],
    ["a comment that hides a content", reply(file("a", "AAAA<!-- > AAAA -->")), { code: "body-unreadable" }],
    ["two contents in a file", reply(file("a", "AAAA</fileOutput><fileOutput>AAAA")), { code: "body-unreadable", message: /two/ }],
    ["a file without content", reply("<files><fileName>a</fileName></files>"), { code: "body-unreadable", message: /files\[0\]/ }],
    ["a path as the name", reply(file("../../etc/passwd", "")), { code: "path-escape" }],
    ["another document", "<html><body>Sign in</body></html>", { code: "body-unreadable", message: /ComposeResponse/ }],
    ["no XML", "nothing here", { code: "body-unreadable" }],
    ["nothing", "", { code: "body-unreadable" }],
    ["bytes that are not UTF-8", Buffer.from([...Buffer.from(whole.slice(0, -9)), 0xff, 0xff]), { code: "body-unreadable" }],
    ["elements nested too deep", "<a>".repeat(40), { code: "body-unreadable", message: /nested/ }],
    ["a text without end", reply(`<statusMessage>${"x".repeat(20_000)}</statusMessage>`), { code: "body-too-large" }],
    ["too many files", reply(file("a", "").repeat(6)), { code: "body-too-large", message: /5 files/ }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      should(await errorOf(() => read(xml, { characters: 10_000, files: 5 }))).match(error);
    });
  }

  it("refuses a reply that is cut off, wherever that is", async () => {
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length; length += 1) {
      should(await errorOf(() => read(bytes.subarray(0, length)))).match({ code: "body-unreadable" });
    }
    should((await read(bytes)).documents.length).equal(1);
  });

  it("tells the store of a content that broke off, and throws the store's own error", async () => {
    const seen: unknown[] = [];
    const watching = async (bytes: Readable) => {
      bytes.on("error", (error) => seen.push((error as DocbridgeError).code));
      return keep(bytes);
    };
    await errorOf(() => readEwsReply(chunksOf([Buffer.from(whole.replace("JVBERi", "JVBE*i"))]), context, watching));
    should(seen).eql(["body-unreadable"]);
    const full = new DocbridgeError("spool-full", { message: "full" });
    const refusing = async (): Promise<Buffer> => {
      throw full;
    };
    should(await errorOf(() => readEwsReply(chunksOf([Buffer.from(whole)]), context, refusing))).equal(full);
  });
});
