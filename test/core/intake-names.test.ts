import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { mediaTypeOf } from "../../dist/core/intake/media-types.js";
import { checkDeclared } from "../../dist/core/intake/metadata.js";
import {
  completeFileName,
  extensionFor,
  mediaTypeFor,
  pathInside,
  safeFileName,
  safeRelativePath,
} from "../../dist/core/intake/safe-name.js";
import { errorOf } from "./intake-support.ts";

const HOSTILE = ["..", ".", "", "a\u0000.pdf", "C:x.pdf", "c:", "...", ".. ", " ", "a\nb.pdf", "a\u0085b", "NUL", "com1.pdf", "aux.txt"];

describe("file names from outside", () => {
  it("are given back unchanged when they are plain names", () => {
    for (const name of ["x.pdf", "..x", ".hidden", "Kontoauszug März 10:30.pdf", " a b ", "~x", "x..pdf", "console.pdf", "名.pdf"]) {
      should(safeFileName(name, "file.name")).equal(name);
    }
  });

  it("are refused by name of the field when they lead anywhere else", async () => {
    for (const name of [...HOSTILE, "/x", "a/b", "../x.pdf", "a\\b", "\\\\server\\share", "C:\\x.pdf"]) {
      const error = await errorOf(() => safeFileName(name, "file.name"));
      should(error).have.properties({ code: "path-escape", subject: "file.name" });
      should(error.message).containEql('"file.name"');
    }
  });

  it("are refused when no file system can hold them", async () => {
    should((await errorOf(() => safeFileName("ä".repeat(128), "f"))).code).equal("value-too-long");
    should(safeFileName("a".repeat(255), "f")).have.length(255);
  });
});

describe("relative paths from outside", () => {
  it("stay below their folder", () => {
    for (const path of ["x.pdf", "a/b/x.pdf", "a b/..x"]) should(safeRelativePath(path, "path")).equal(path);
  });

  it("are refused when they could leave it", async () => {
    const hostile = HOSTILE.flatMap((segment) => [segment, `a/${segment}/b`, `a/${segment}`]);
    for (const path of [...hostile, "/etc/passwd", "//server/x", "a//b", "~/x", "~root/x", "a\\..\\b", "a/x.pdf:stream", "a/", "../../x"]) {
      should(await errorOf(() => safeRelativePath(path, "index.path"))).have.properties({ code: "path-escape", subject: "index.path" });
    }
  });

  describe("on disk", () => {
    let dir: string;
    before(() => {
      dir = realpathSync(mkdtempSync(join(tmpdir(), "docbridge-names-")));
      mkdirSync(join(dir, "in/job"), { recursive: true });
      mkdirSync(join(dir, "inside"));
      for (const name of ["in/job/x.pdf", "secret.pdf", "inside/y.pdf"]) writeFileSync(join(dir, name), "x");
      symlinkSync(join(dir, "secret.pdf"), join(dir, "in/link.pdf"));
      symlinkSync(join(dir, "inside"), join(dir, "in/folder"));
      symlinkSync(join(dir, "in/job/x.pdf"), join(dir, "in/good.pdf"));
      symlinkSync(join(dir, "in"), join(dir, "in/self"));
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    it("lead to real files of the folder", async () => {
      should(await pathInside(join(dir, "in"), "job/x.pdf", "path")).equal(join(dir, "in/job/x.pdf"));
      should(await pathInside(join(dir, "in"), "good.pdf", "path")).equal(join(dir, "in/job/x.pdf"));
    });

    it("are refused when a link leads out of it, also into a folder that begins alike", async () => {
      for (const path of ["link.pdf", "folder/y.pdf", "self", "job/../../secret.pdf"]) {
        should(await errorOf(() => pathInside(join(dir, "in"), path, "path"))).have.properties({ code: "path-escape", subject: "path" });
      }
      should((await errorOf(() => pathInside(join(dir, "in"), "job/none.pdf", "path"))).code).equal("document-missing");
    });
  });
});

describe("media types and extensions", () => {
  it("complete names that have no extension", () => {
    should(completeFileName("12345", "application/pdf")).equal("12345.pdf");
    should(completeFileName("J. Smith 2026.01", "application/pdf")).equal("J. Smith 2026.01.pdf");
    should(completeFileName("x.PDF", "application/pdf")).equal("x.PDF");
    should(completeFileName("x.htm", "text/html")).equal("x.htm");
    should(completeFileName("letter.html", "application/pdf")).equal("letter.html");
    should(completeFileName("x", "application/vnd.exstream-empower")).equal("x.mpw");
    should(completeFileName("x", "application/x-unknown")).equal("x");
    should(completeFileName(".pdf", "application/pdf")).equal(".pdf.pdf");
  });

  it("tell one from the other", () => {
    should(extensionFor("text/html")).equal("html");
    should(extensionFor("constructor")).be.undefined();
    should(mediaTypeFor("a.JPEG")).equal("image/jpeg");
    should(mediaTypeFor("a.xml")).equal("application/xml");
    should(mediaTypeFor("a.rtf")).equal("application/rtf");
    should(mediaTypeFor("a.constructor")).be.undefined();
    should(mediaTypeFor("pdf")).be.undefined();
  });

  it("read a content type, and take those that say nothing for none", () => {
    should(mediaTypeOf("Application/PDF; charset=binary")).equal("application/pdf");
    for (const silent of [undefined, "", "pdf", "application/octet-stream", "application/x-www-form-urlencoded", "a/b/c"]) {
      should(mediaTypeOf(silent)).be.undefined();
    }
  });
});

describe("declared size and hash", () => {
  const sha256 = "a".repeat(64);
  const facts = (declared?: { size?: number; sha256?: string }) => ({ fileName: "x.pdf", ...(declared && { declared }) });

  it("are compared with the bytes that came", async () => {
    checkDeclared(facts(), { size: 1, sha256 });
    checkDeclared(facts({ size: 1, sha256: sha256.toUpperCase() }), { size: 1, sha256 });
    should(await errorOf(() => checkDeclared(facts({ size: 2 }), { size: 1, sha256 }))).have.properties({
      code: "content-altered",
      subject: "x.pdf",
    });
    should((await errorOf(() => checkDeclared(facts({ size: 0 }), { size: 1, sha256 }))).message).match(/1 bytes came.*declares 0/);
    should((await errorOf(() => checkDeclared(facts({ sha256: "b".repeat(64) }), { size: 1, sha256 }))).code).equal("content-altered");
  });
});
