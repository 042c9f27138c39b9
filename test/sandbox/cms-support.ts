import should from "should";
import { type Json, list, type Reply, type World } from "./platform-support.ts";

/** The requests that tests of the metadata stand-in need, against the world as it is at the moment. */
export class CmsKit {
  readonly world: World;
  root: Json = {};

  private constructor(world: World) {
    this.world = world;
  }

  static async open(world: World): Promise<CmsKit> {
    const kit = new CmsKit(world);
    kit.root = (await kit.get(`${kit.base}/instances/folder/cms_folder/subscription-root`)).json;
    return kit;
  }

  get base(): string {
    return this.world.description.cms.baseUrl;
  }

  get statements(): string {
    return `${this.base}/instances/file/def_statement`;
  }

  /** Address of one instance. */
  one(id: unknown, type = "file/def_statement"): string {
    return `${this.base}/instances/${type}/${id}`;
  }

  get(url: string): Promise<Reply> {
    return this.world.call("GET", url);
  }

  async create(properties: object = {}, more: object = {}): Promise<Json> {
    const body = { name: "statement", properties: { customer_number: "C1", ...properties }, ...more };
    const got = await this.world.call("POST", this.statements, body);
    should(got.status).equal(201, got.bytes.toString());
    return got.json;
  }

  async folder(name: string, parent: unknown = this.root.id): Promise<Json> {
    return (await this.world.call("POST", `${this.base}/instances/folder/cms_folder`, { name, parent_folder_id: parent })).json;
  }

  async find(filter: string, more = "", url = this.statements): Promise<Json[]> {
    return rowsOf(await this.get(`${url}?filter=${encodeURIComponent(filter)}${more}`));
  }

  /** Stores a text as a v3 file. */
  async upload(text: string): Promise<Json> {
    const url = `${this.world.description.css.baseUrl}/v3/files/fromStream`;
    return (await this.world.call("POST", url, Buffer.from(text), { "Content-Type": "text/plain" })).json;
  }

  /** A token of the demo user: another principal than the service client. */
  async userToken(): Promise<string> {
    const { otds } = this.world.description;
    const client = { client_id: otds.clientId, client_secret: otds.clientSecret };
    const form = { grant_type: "password", username: otds.user, password: otds.password, ...client };
    const got = await fetch(otds.tokenUrl, { method: "POST", body: new URLSearchParams(form) });
    return String(((await got.json()) as Json).access_token);
  }
}

/** The rows of a list reply. */
function rowsOf(got: Reply): Json[] {
  should(got.status).equal(200, got.bytes.toString());
  return list(got.json._embedded?.collection);
}

export function keysOf(rows: Json[]): unknown[] {
  return rows.map((row) => row.properties?.docbridge_key);
}

export function rendition(blobId: unknown, type = "primary"): object {
  return { name: "x.txt", rendition_type: type, blob_id: blobId, source: "FILE_ID" };
}

/** The reply is a failure in the shape of wire/css.md section 9 whose details mention the words. */
export function refused(got: Reply, status: number, ...mentions: string[]): void {
  should(got.status).equal(status, got.bytes.toString());
  should(Object.keys(got.json)).eql(["status", "exception", "details"]);
  should(got.json.status).equal(status);
  for (const mention of mentions) should(String(got.json.details)).containEql(mention);
}
