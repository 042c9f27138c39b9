import should from "should";
import { fieldProblem, isEnvironment, type Kind, type Rule } from "../../nodes/editor/checks.ts";
import { holds } from "../../nodes/editor/conditions.ts";
import { proposals } from "../../nodes/editor/document-paths.ts";
import { prefixProblem, templateProblem } from "../../nodes/editor/template.ts";

function keyOf(value: unknown, is: Kind, more: Partial<Rule> = {}): string | undefined {
  return fieldProblem(value, { is, ...more })?.key;
}

/** `${NAME}`, as somebody types it. */
const env = (name: string) => `\${${name}}`;

describe("checks of fields", () => {
  const good: [Kind, ...string[]][] = [
    ["text", "x", "two words"],
    ["url", "https://host.example", "http://127.0.0.1:8080/css", "HTTPS://host.example/dctm-rest/", "https://host/a%20b"],
    ["number", "0", "1.5", "20", "1e3"],
    ["integer", "1", "42"],
    ["folder", "/data/exstream", "C:\\exstream", "d:/exstream", "\\\\server\\share"],
    ["route", "/exstream/documents", "/a", "/v1.0/in-box"],
    ["prefix", "/orchestration", "/a/b"],
    ["segment", "statements", "demo-1", "my.domain"],
    ["identifier", "demo_statement", "_x", "r_object_id"],
    ["header", "OTDS_TICKET", "X-Ticket"],
    ["destination", "documentum", "css-2"],
    ["destinations", "documentum", "documentum,css", "documentum, css"],
    ["suffix", ".done", "_complete"],
    ["dateFormat", "dd.MM.yyyy", "yyyyMMdd", "yyyy-MM-ddTHH:mm:ss"],
    ["template", "{{source.jobId}}", "no tags", "{{#metadata.lines}}{{name}},{{/metadata.lines}}"],
    ["folderTemplate", "/Statements/{{source.jobId}}"],
  ];
  for (const [kind, ...values] of good) {
    it(`takes a good ${kind}`, () => {
      for (const value of values) should(keyOf(value, kind)).equal(undefined, value);
    });
  }

  const bad: [Kind, string, ...string[]][] = [
    ["url", "url", "host.example", "ftp://host", "https:/host", "https://", "javascript:alert(1)"],
    ["url", "urlSecret", "https://user:pass@host.example"],
    ["url", "urlQuery", "https://host.example/?a=b", "https://host.example/#x"],
    ["number", "number", "x", "1,5", "Infinity"],
    ["integer", "integer", "1.5", "1e3", "x"],
    ["folder", "folder", "data/exstream", "~/exstream", "C:exstream"],
    ["route", "route", "exstream", "/", "/a b", "/a?b", "/a/", "/:id", "/*"],
    ["prefix", "prefix", "orchestration", "/orchestration/"],
    ["segment", "segment", "a/b", "a b", "a?b"],
    ["identifier", "identifier", "1a", "a-b", "a.b", "a b"],
    ["header", "header", "a b", "a:b"],
    ["destination", "destination", "a b", "1a", "a,b"],
    ["destinations", "destinations", "a,,b", "a;b", ","],
    ["suffix", "suffix", "a/b", "a b"],
    ["dateFormat", "dateFormat", "dd.MM", "DD.MM.YYYY", "yyyy-MM-dd-dd"],
    ["template", "template", "{{a", "{{#a}}x", "x{{/a}}"],
    ["template", "templatePartial", "{{> part}}", "{{#a}}{{> part}}{{/a}}"],
    ["template", "pathPrefix", "{{msg.document.source.jobId}}", "{{#a}}{{document.key}}{{/a}}"],
    ["folderTemplate", "folderTemplate", "Statements/{{source.jobId}}"],
  ];
  for (const [kind, key, ...values] of bad) {
    it(`says ${key} of a bad ${kind}`, () => {
      for (const value of values) should(keyOf(value, kind)).equal(key, value);
    });
  }

  it("asks for what is missing, unless it is optional", () => {
    for (const nothing of ["", "  ", undefined, null]) {
      should(keyOf(nothing, "url")).equal("missing");
      should(keyOf(nothing, "url", { optional: true })).equal(undefined);
    }
  });

  it("finds blanks that came along with a paste", () => {
    should(keyOf(" https://host.example", "url")).equal("blanks");
    should(keyOf("secret\n", "text")).equal("blanks");
  });

  it("keeps numbers between their bounds and names the bound", () => {
    should(fieldProblem("0", { is: "integer", min: 1 })).eql({ key: "min", values: { min: 1 } });
    should(fieldProblem("9", { is: "number", max: 8 })).eql({ key: "max", values: { max: 8 } });
    should(keyOf("-1", "number", { min: 0 })).equal("min");
  });

  it("takes an environment variable for every kind", () => {
    for (const [kind] of good) should(keyOf(env("SOME_NAME"), kind)).equal(undefined, kind);
    isEnvironment(env("A")).should.equal(true);
    for (const other of ["$A", `x${env("A")}`, `${env("A")}x`, env(""), 5]) isEnvironment(other).should.equal(false, String(other));
  });

  it("takes environment variables inside texts, and still checks the rest", () => {
    should(keyOf(`https://${env("HOST")}/css`, "url")).equal(undefined);
    should(keyOf(`${env("BASE")}/css`, "url")).equal(undefined);
    should(keyOf(`${env("HOST")}:8080 /x`, "url")).equal("url");
    should(keyOf(`${env("DATA")}/out`, "folder")).equal(undefined);
    should(keyOf(`/${env("TENANT")}/in`, "route")).equal(undefined);
    should(keyOf(`1${env("N")}`, "integer")).equal("integer");
  });
});

describe("templates over a document", () => {
  it("are checked by the parser that renders them, which says where the mistake is", () => {
    should(templateProblem("{{a")?.values.reason).match(/Unclosed tag at 3/);
  });

  it("tell how a path has to be written", () => {
    should(prefixProblem("msg.document.source.jobId")).eql({
      key: "pathPrefix",
      values: { path: "msg.document.source.jobId", bare: "source.jobId" },
    });
    should(prefixProblem("document.key")?.values.bare).equal("key");
    for (const path of ["source.jobId", "metadata.document.name", "documents", "message"])
      should(prefixProblem(path)).equal(undefined, path);
  });

  it("may hold any text beside their tags", () => {
    should(templateProblem("msg.document is a name")).equal(undefined);
  });
});

describe("conditions of a dialog", () => {
  const values: Record<string, unknown> = { sandbox: false, auth: "oauth2", grant: "password", "server.sandbox": true, name: "" };
  const value = (property: string) => values[property];

  it("hold by what fields hold", () => {
    for (const condition of ["!sandbox", "auth=oauth2", "auth=basic|oauth2", "auth!=none", "!name", "missing=", "server.sandbox"]) {
      holds(condition, value).should.equal(true, condition);
    }
    for (const condition of ["sandbox", "!auth", "auth=basic", "auth!=basic|oauth2", "name", "server.missing"]) {
      holds(condition, value).should.equal(false, condition);
    }
  });

  it("join terms by and, alternatives by or", () => {
    holds("!sandbox auth=oauth2 grant=password", value).should.equal(true);
    holds("!sandbox auth=basic", value).should.equal(false);
    holds("auth=basic or auth=oauth2 grant=password", value).should.equal(true);
    holds("auth=basic or grant=client_credentials", value).should.equal(false);
  });

  it("refuse what is not a condition", () => {
    (() => holds("auth && b", value)).should.throw(/Not a condition/);
  });
});

describe("proposals while a path is typed", () => {
  it("are paths that contain what was typed, those that begin with it first", () => {
    proposals("source.c").should.containEql("source.customerNumber");
    proposals("customer").should.eql(["source.customerNumber"]);
    should(proposals("batch")[0]).equal("batch.id");
    proposals("").length.should.be.above(15);
    proposals("source.customerNumber").should.eql([]);
    proposals("nothing like it").should.eql([]);
  });
});
