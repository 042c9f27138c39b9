import should from "should";
import { readConfig as readStore } from "../../dist/css/css-store/config.js";
import { readConfig as readArchive } from "../../dist/documentum/documentum-archive/config.js";
import { missingProperties } from "../../nodes/editor/upgrade.ts";
import { allDialogs } from "./dialogs.ts";

const dialogs = allDialogs();
const defaultsOf = (type: string) => dialogs.find((dialog) => dialog.type === type)?.definition.defaults ?? {};
// Settings without ${NAME} need nothing of Node-RED.
const red = {} as never;

/** Nodes as the first version of the pack saved them. */
const first = {
  "documentum-archive": {
    name: "",
    version: 1,
    repository: "repository",
    ledger: "ledger",
    destination: "documentum",
    objectType: "my_statement",
    folderPath: "/Mine",
    objectName: "{{content.fileName}}",
    keyAttribute: "docbridge_key",
    format: "",
    lookUp: "doubt",
    verify: "read-back",
    parallel: "8",
  },
  "css-store": {
    name: "",
    version: 1,
    tenant: "tenant",
    ledger: "ledger",
    destination: "css",
    cmsType: "my_statement",
    objectName: "{{content.fileName}}",
    parentFolder: "",
    keyAttribute: "docbridge_key",
    integrityTrait: "",
    lookUp: "doubt",
    verify: "read-back",
    parallel: "8",
  },
};

describe("nodes of an older version", () => {
  for (const { type, definition } of dialogs) {
    it(`${type}: gets all that a node of this version stores, and keeps what it has`, () => {
      const old = { name: "mine" };
      const upgraded: Record<string, unknown> = { ...missingProperties(old, definition.defaults), ...old };
      should(upgraded.name).equal("mine");
      should(upgraded.version).equal(definition.defaults.version?.value);
      for (const [property, { value }] of Object.entries(definition.defaults)) {
        if (Array.isArray(value)) should(upgraded[property]).eql([], property);
        else if (property !== "name") should(JSON.stringify(upgraded[property])).equal(JSON.stringify(value), property);
      }
      missingProperties(upgraded, definition.defaults).should.eql({});
    });
  }

  it("documentum-archive does after the upgrade what it did before", () => {
    const old = first["documentum-archive"];
    const upgraded = { ...old, ...missingProperties(old, defaultsOf("documentum-archive")) };
    Object.keys(upgraded).length.should.be.above(Object.keys(old).length);
    should(readArchive(red, red, upgraded as never)).eql(readArchive(red, red, old as never));
  });

  it("css-store does after the upgrade what it did before, in what its operation uses", () => {
    const old = first["css-store"];
    const upgraded = { ...old, ...missingProperties(old, defaultsOf("css-store")) };
    const { evidenceRole, evidenceTrait, renditionName, ...after } = readStore(red, red, upgraded as never);
    should(after).match(Object.fromEntries(Object.entries(readStore(red, red, old as never)).filter(([name]) => name in after)));
    should(after.operation).equal("store");
  });
});
