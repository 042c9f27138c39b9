import should from "should";
import { oldNodes } from "../editor/old-nodes.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { until } from "./values.ts";

const connections = [
  { id: "tab", type: "tab", label: "Old" },
  { id: "ledger", type: "document-ledger" },
  { id: "documentum", type: "documentum-repository", sandbox: true },
  { id: "css", type: "css-tenant", sandbox: true },
];
const olds = Object.entries(oldNodes).map(([what, old], at) => ({ what, old, id: `old-${at}` }));
const newer = { id: "newer", type: "asset-fetch", version: 99 };

describe("flows of other versions, deployed without having been opened", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  const lines = (id: string) => nodeRed.logs.filter((line) => line.includes(`:${id}]`));
  before(async () => {
    const nodes = [
      ...olds.map(({ id, old }) => ({ id, z: "tab", x: 100, y: 100, wires: [], ...old.stored })),
      { z: "tab", wires: [], ...newer },
    ];
    nodeRed = await startNodeRed({ flows: [...connections, ...nodes] });
    await until("the newer node is refused", () => lines("newer").length > 0);
  });
  after(() => nodeRed?.dispose());

  for (const { what, old, id } of olds) {
    it(`${old.stored.type}, ${what}: starts, and says what it could not carry over`, () => {
      should(lines(id).map((line) => (/Verify/.test(line) ? "verifyNone" : /Create cabinet/.test(line) ? "createCabinet" : line))).eql(
        old.told,
      );
    });
  }

  it("refuses a node of a newer version, and says what to do", () => {
    should(lines("newer").length).equal(1);
    should(lines("newer")[0]).match(/\[error\].*newer version of this package.*version 99.*up to 1.*Install that version/);
  });
});
