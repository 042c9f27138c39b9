import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { type LargeResult, runLargeDocument } from "../../scripts/support/large-document.ts";

const MB = 1024 * 1024;

describe("a job of many small documents, then one of a gigabyte", function () {
  this.timeout(400_000);
  let work: string;
  let result: LargeResult;

  before(async () => {
    work = mkdtempSync(join(tmpdir(), "docbridge-large-"));
    result = await runLargeDocument({ work, smallOnes: 200, size: 1_000_000_000, targets: "both", limitMs: 240_000, show: () => {} });
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it("closes all in both targets with equal bytes", () => {
    should(result.ended).eql({ closed: 201, quarantined: 0 });
    should(result.verdict).match({ documents: 201, lost: 0, duplicates: 0, altered: 0 });
    should(result.suspectedOrphans).equal(0);
  });

  it("grows by at most 64 MB for the large one", () => {
    console.log(`      idle ${Math.round(result.idle / MB)} MB, growth for 1 GB ${Math.round(result.growth / MB)} MB`);
    should(result.growth).be.belowOrEqual(64 * MB);
  });
});
