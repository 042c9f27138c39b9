import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { documentumObjects } from "./stored.ts";
import { until } from "./values.ts";

const NAMES = ["Sanctioned clauses in letters", "Approved pictures of CSS in letters", "Response pack of a case"];
const flows = NAMES.flatMap((name): FlowNode[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../examples/${name}.json`), "utf8")),
);
/** One ledger and one connection to each product, as after several imports. */
const shared = new Map<string, string>();
const kept = flows.filter((each) => {
  const first = each.z === undefined && each.type !== "tab" ? flows.find(({ type }) => type === each.type) : undefined;
  if (first && first !== each) shared.set(each.id, first.id);
  return !first || first === each;
});
const imported = kept.map((each) =>
  Object.fromEntries(Object.entries(each).map(([name, value]) => [name, shared.get(String(value)) ?? value])),
);

/** As if somebody asked for a clause of which nothing is approved. */
const run = imported.find(({ id }) => id === "dbq-run") as FlowNode & { props: { p: string; v: string }[] };
const noClause = {
  ...run,
  id: "no-clause",
  props: run.props.map((each) => (each.p === "clauseKey" ? { ...each, v: "never-approved" } : each)),
};
const refused = { ...imported.find(({ id }) => id === "dbq-refused"), console: true };

interface Pin {
  id: string;
  version: string;
  source: string;
  sha256: string;
}

describe("examples of whole use cases in Node-RED 5, with its built-in sandbox", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows: [...imported.filter(({ id }) => id !== "dbq-refused"), refused, noClause] });
  });
  after(() => nodeRed?.dispose());

  const press = async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
  const dataDir = () => join(nodeRed.userDir, "docbridge/sandbox");
  const stored = () => documentumObjects(dataDir());
  const composed = async (channel: string): Promise<Pin[][]> => {
    const api = `${nodeRed.adminUrl}/docbridge/api/ledgers/dbq-ledger/documents`;
    const found = (await (await fetch(`${api}?state=closed`)).json()) as { documents: { id: string; targets: string[] }[] };
    const details = await Promise.all(found.documents.map(async ({ id }) => (await (await fetch(`${api}/${id}`)).json()).document));
    return details
      .filter(({ source, targets }) => source.channel === "compose" && targets[0] === channel)
      .map(({ metadata }) => metadata.assets);
  };
  const versionsOf = (resource: string) => [...records(dataDir(), "exstream", "resource").values()].filter(({ id }) => id === resource);

  it("D4: composes with the clause in force, in the very bytes that Exstream has then, and publishes it once", async () => {
    for (const letters of [1, 2]) {
      await press("dbq-run");
      const pins = await until(`letter ${letters}`, async () => {
        const all = await composed("documentum");
        return all.length === letters ? all.at(-1) : undefined;
      });
      const [text, clause] = pins as [Pin, Pin];
      should([text.source, clause.source]).eql(["exstream", "documentum"]);
      should(text.sha256).equal(clause.sha256);
      const letter = stored().find(({ values }) => String(values.title).startsWith("Letter DE-0815"));
      should(letter?.values.keywords).eql([`${text.id}@${text.version}`, `${clause.id}@${clause.version}`]);
      should(versionsOf(text.id)).match([{ version: 1, state: "APPROVED" }]);
    }
  });

  it("D4: composes nothing without an approved clause", async () => {
    const before = (await composed("documentum")).length;
    await press("no-clause");
    await until("it is refused", () => nodeRed.logs.some((line) => line.includes("[debug:Refused]")));
    should((await composed("documentum")).length).equal(before);
    should([...records(dataDir(), "exstream", "output").values()].length).equal(before);
  });

  it("C3: composes with the approved picture of CSS, as a new version in Exstream", async () => {
    await press("dbt-run");
    const [pins] = await until("the letter", async () => {
      const all = await composed("css");
      return all.length === 1 ? all : undefined;
    });
    const [picture, asset] = pins as Pin[] as [Pin, Pin];
    should([picture.source, picture.version, asset.source]).eql(["exstream", "2", "css"]);
    should(picture.sha256).equal(asset.sha256);
  });

  it("D6: freezes the letters of the case, and files list and cover letter with them", async () => {
    await press("dby-run");
    const isFiled = ({ values }: { values: Fields }) =>
      /^C-\d+$/.test(String(values.account_number)) && (values.i_folder_id as string[]).length === 2;
    const pack = await until("five documents in the case", () => {
      const filed = stored().filter(isFiled);
      return filed.length === 5 ? filed : undefined;
    });
    const named = (end: RegExp) => pack.filter(({ values }) => end.test(String(values.object_name)));
    const letters = named(/letter \d\.txt$/);
    const [list] = named(/list\.json$/);
    const items = JSON.parse(readFileSync((list as { path: string }).path, "utf8")).items as { id: string; content: { sha256: string } }[];
    should(items.map(({ id, content }) => `${id} ${content.sha256}`).sort()).eql(letters.map(({ id, sha256 }) => `${id} ${sha256}`).sort());
    const cover = pack.find(({ values }) => String(values.title).startsWith("Answer to"));
    const keywords = (cover?.values.keywords ?? []) as string[];
    should([...keywords].sort()).eql(letters.map(({ id }) => `${id}@1.0`).sort());
    should(named(/internal\.txt$/).length).equal(1);
  });
});
