import should from "should";
import { DriverDataError } from "../../dist/sandbox/exstream/compose/customer.js";
import { readDriverData } from "../../dist/sandbox/exstream/compose/driver-data.js";
import { CUSTOMERS } from "./exstream-support.ts";

const json = (value: unknown) => readDriverData(Buffer.from(JSON.stringify(value)), "application/json");
const xml = (text: string) => readDriverData(Buffer.from(text), "application/xml");

function refusedWith(work: () => unknown, text: RegExp): void {
  try {
    work();
  } catch (error) {
    should(error).be.instanceof(DriverDataError);
    (error as Error).message.should.match(text);
    return;
  }
  should.fail("taken", "refused");
}

describe("exstream driver data", () => {
  it("reads the same customers from JSON and from XML", () => {
    const fromJson = json({ job: { variants: ["pdf", "sms"], size: 9000 }, customers: [CUSTOMERS[0]] });
    const fromXml = xml(`<?xml version="1.0"?>
      <d:driver xmlns:d="urn:x">
        <job><variants><variant>pdf</variant><variant>sms</variant></variants><size>9000</size></job>
        <d:customers><d:customer>
          <number>C-1</number><name>Customer Gr&#246;&#223;e &amp; Söhne (1)</name>
          <address><line>Prüfweg 1</line><line><![CDATA[00000 Köln\\Süd]]></line></address>
          <account>4711/1</account><period>2026-05</period><currency>EUR</currency><balance>1234.5</balance>
          <transactions>
            <transaction><date>2026-05-03</date><text>Überweisung</text><amount>-12.34</amount></transaction>
            <transaction><date>2026-05-09</date><text>Gutschrift</text><amount>1246.84</amount></transaction>
          </transactions>
          <email>c1@example.com</email><language>de</language>
        </d:customer></d:customers>
      </d:driver>`);
    fromXml.options.should.deepEqual(fromJson.options);
    fromXml.customers.count.should.equal(1);
    fromXml.customers.at(0).should.deepEqual(fromJson.customers.at(0));
    should(fromXml.customers.at(0).transactions[0]?.amount).equal(-12.34);
  });

  it("takes an address as lines of one text", () => {
    json({ customers: [CUSTOMERS[1]] })
      .customers.at(0)
      .address.should.deepEqual(["Street 2", "Town"]);
  });

  it("names the field that is wrong", () => {
    refusedWith(() => json({ customers: [] }), /names no customers/);
    refusedWith(() => json({ customers: [CUSTOMERS[0], { ...CUSTOMERS[1], account: undefined }] }), /customers\[1\]\.account is missing/);
    refusedWith(
      () => json({ customers: [{ ...CUSTOMERS[0], transactions: [{ date: "x", text: "y", amount: "many" }] }] }),
      /transactions\[0\]\.amount/,
    );
    refusedWith(() => json({ job: { variants: ["fax"] }, customers: CUSTOMERS }), /job\.variants may hold pdf, html, mobile, sms/);
    refusedWith(() => json({ job: { size: { min: 10, max: 5 } }, customers: CUSTOMERS }), /job\.size\.max/);
    refusedWith(() => json({ generate: { customers: 0 } }), /generate\.customers must be a whole number from 1/);
    refusedWith(() => json({ generate: { customers: 1, period: "June" } }), /generate\.period/);
    refusedWith(() => json([]), /one object/);
    refusedWith(() => readDriverData(Buffer.from("{"), "application/json"), /not JSON/);
  });

  it("refuses a DOCTYPE, deep nesting, strange list members and broken XML", () => {
    refusedWith(() => xml(`<!DOCTYPE d [<!ENTITY e "x">]><d>&e;</d>`), /DOCTYPE/);
    refusedWith(() => xml("<a>".repeat(20) + "</a>".repeat(20)), /nested more than 12/);
    refusedWith(() => xml("<d><customers><client/></customers></d>"), /'customers' holds 'client'/);
    refusedWith(() => xml("<d><customers>"), /XML driver data/);
  });

  it("does not take a field of Object for one of its own", () => {
    refusedWith(() => xml("<d><constructor>1</constructor></d>"), /customers must be a list/);
  });
});
