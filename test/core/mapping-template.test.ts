import should from "should";
import { ContentReference } from "../../dist/core/content/reference.js";
import type { DocbridgeDocument } from "../../dist/core/document.js";
import { checkTemplate, renderTemplate } from "../../dist/core/mapping/template.js";
import { documentView, lookupPath } from "../../dist/core/mapping/view.js";
import { errorOf } from "./intake-support.ts";

const render = (template: string, view: unknown, missing?: "refuse" | "empty") =>
  renderTemplate(template, view, { name: "title", missing });

function document(metadata: Record<string, unknown>): DocbridgeDocument {
  const store = { read: () => Promise.reject(new Error("not read")), pathOf: () => Promise.reject(new Error("not read")) };
  return {
    id: "1",
    ledger: "l",
    key: "k",
    source: { system: "exstream", channel: "http", jobId: "j" },
    content: new ContentReference({ sha256: "ab", size: 5, mediaType: "application/pdf", fileName: "x.pdf" }, store),
    metadata,
    attributes: {},
    variant: { role: "pdf" },
    targets: [],
    receipts: {},
    attempt: 1,
    fence: 1,
  };
}

describe("templates", () => {
  it("escapes values for the place they are put in, where it is told how, and never what asks for none", () => {
    const view = { id: 'a&b "c"', list: [{ name: "x y" }] };
    const inUrl = { name: "address", escape: encodeURIComponent };
    should(renderTemplate("/r?id={{id}}{{#list}}&n={{name}}{{/list}}", view, inUrl)).equal("/r?id=a%26b%20%22c%22&n=x%20y");
    should(renderTemplate("{{{id}}} {{&id}}", view, inUrl)).equal('a&b "c" a&b "c"');
    should(renderTemplate("{{id}}", view, { name: "plain" })).equal('a&b "c"');
  });

  it("put metadata into text without HTML escapes", () => {
    const view = documentView(document({ name: `Müller & "Söhne" <AG>`, amount: 0, flag: false }));
    should(render("{{metadata.name}} | {{{metadata.name}}} | {{&metadata.name}}", view)).equal(
      `Müller & "Söhne" <AG> | Müller & "Söhne" <AG> | Müller & "Söhne" <AG>`,
    );
    should(render("{{metadata.amount}} {{metadata.flag}} {{source.jobId}} {{content.fileName}} {{variant.role}}", view)).equal(
      "0 false j x.pdf pdf",
    );
  });

  it("render sections, lists and names with dots or hyphens", () => {
    const view = { list: [{ n: "a" }, { n: "b" }], words: ["x", "y"], "a.b": "own", a: { b: "path", "c-d": 1 }, up: "top" };
    should(render("{{#list}}{{n}}{{up}};{{/list}}", view)).equal("atop;btop;");
    should(render("{{words}} {{#words}}<{{.}}>{{/words}} {{a.b}} {{a.c-d}}", view)).equal("x, y <x><y> own 1");
    should(render("{{^nothing}}no{{/nothing}}{{#nothing}}{{missing}}{{/nothing}}", view)).equal("no");
  });

  it("refuse names without a value, or leave them empty where asked to", async () => {
    const error = await errorOf(() => render("{{a}}{{b.c}}{{ok}}", { ok: "secret", b: {} }));
    should(error).have.properties({ code: "missing-metadata", subject: "a, b.c" });
    should(error.message).containEql('"title"').and.not.containEql("secret");
    should(render("<{{a}}>", {}, "empty")).equal("<>");
  });

  it("never reach a prototype nor call a function", async () => {
    for (const name of ["constructor", "toString", "__proto__", "a.constructor", "a.length", "call"]) {
      const view = { a: {}, call: () => "called" };
      should((await errorOf(() => render(`{{${name}}}`, view))).code).equal("missing-metadata", name);
    }
    const section = "{{#call}}never{{/call}}";
    should(render(section, { call: () => "called" })).equal("");
  });

  it("refuse to put a thing with members into text", async () => {
    const error = await errorOf(() => render("{{metadata}}", { metadata: { a: 1 } }));
    should(error).have.properties({ code: "template", subject: "metadata" });
    should((await errorOf(() => render("{{list}}", { list: [{ a: 1 }] }))).code).equal("template");
  });

  it("are checked without data, and the message names the template", async () => {
    checkTemplate("plain {{a}} {{#b}}{{c}}{{/b}} {{! comment }}", "title");
    for (const broken of ["{{a", "{{#a}}", "{{/a}}", "{{#a}}{{#b}}{{/a}}{{/b}}", "{{> part}}", "{{#a}}{{> part}}{{/a}}"]) {
      const error = await errorOf(() => checkTemplate(broken, "title"));
      should(error).have.properties({ code: "template", subject: "title" });
      should(error.message).containEql('"title"');
      should((await errorOf(() => render(broken, {}))).code).equal("template");
    }
  });

  it("stay right when more templates are used than are kept", () => {
    for (let at = 0; at < 1200; at++) should(render(`${at}:{{a}}`, { a: at })).equal(`${at}:${at}`);
    should(render("0:{{a}}", { a: "again" })).equal("0:again");
  });
});

describe("property paths", () => {
  it("follow own members only", () => {
    const view = { a: { b: [{ c: 1 }], "x.y": 2 }, "a.z": 3, none: null };
    should(lookupPath(view, "a.b.0.c")).equal(1);
    should(lookupPath(view, "a.x.y")).equal(2);
    should(lookupPath(view, "a.z")).equal(3);
    should(lookupPath(view, "none")).be.null();
    for (const path of ["a.q", "none.x", "toString", "a.constructor.name", "", ".", "a."]) should(lookupPath(view, path)).be.undefined();
  });
});
