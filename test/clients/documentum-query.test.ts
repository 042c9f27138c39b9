import should from "should";
import { DocumentumClient } from "../../dist/clients/documentum/documentum.js";
import { FakeRepository, failure } from "./documentum-fixture.ts";
import { failureOf } from "./support.ts";

describe("DocumentumClient pages of a query", () => {
  let fake: FakeRepository;
  let client: DocumentumClient;
  const page = (number: number, last: number) => ({
    json: fake.feed(
      "",
      [fake.entry({ properties: { r_object_id: `090000018000000${number}`, object_name: `${number}` }, path: `/objects/${number}` })],
      number < last ? [{ rel: "next", href: `${fake.R}/next?page=${number + 1}` }] : [],
    ),
  });

  beforeEach(async () => {
    fake = await FakeRepository.start();
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" } });
    fake.onQuery = () => page(1, 3);
    fake.onOther = (asked) => page(Number(/page=(\d)/.exec(asked.path)?.[1]), 3);
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  it("come one by one, each only when it is asked for, with objects where there is an id", async () => {
    const pages = client.pages("select r_object_id from x", { itemsPerPage: 5000 });
    should((await pages.next()).value).match([{ values: { object_name: "1" }, object: { objectId: "0900000180000001" } }]);
    should(fake.server.asked.at(-1)?.path).containEql("items-per-page=1000");
    should(fake.asked("GET", "/next").length).equal(0);
    await pages.next();
    should(fake.asked("GET", "/next").length).equal(1);
    await pages.return(undefined);
    should(fake.asked("GET", "/next").length).equal(1);
  });

  it("are asked for again when the server is busy, from where they were", async () => {
    let busy = 2;
    const other = fake.onOther;
    fake.onOther = (asked, path) => (busy-- > 0 ? { ...failure(503, "E_BUSY", ""), headers: { "Retry-After": "0" } } : other(asked, path));
    const names: unknown[] = [];
    for await (const rows of client.pages("select r_object_id from x", { itemsPerPage: 1 }))
      names.push(...rows.map(({ values }) => values.object_name));
    should(names).eql(["1", "2", "3"]);
  });

  it("end with what the server says after some tries, and at once when it will not pass", async () => {
    fake.onOther = () => ({ ...failure(503, "E_BUSY", ""), headers: { "Retry-After": "0" } });
    const all = async () => {
      for await (const _rows of client.pages("select r_object_id from x", { itemsPerPage: 1, tries: 2 }));
    };
    should(await failureOf(all())).match({ code: "service-unavailable" });
    should(fake.asked("GET", "/next").length).equal(2);
    fake.onOther = () => failure(400, "E_DQL", "");
    should(await failureOf(all())).match({ code: "refused" });
    should(fake.asked("GET", "/next").length).equal(3);
  });

  it("do not go round in circles", async () => {
    fake.onQuery = () => ({ json: { links: [{ rel: "next", href: `${fake.R}/loop` }] } });
    fake.onOther = () => ({ json: { links: [{ rel: "next", href: `${fake.R}/loop` }] } });
    const all = async () => {
      for await (const _rows of client.pages("select 1 from x", { itemsPerPage: 1 }));
    };
    should(await failureOf(all())).match({ code: "unexpected-reply" });
  });
});
