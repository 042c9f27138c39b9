import type { Node, NodeAPI, NodeMessage } from "node-red";
import { DocbridgeError } from "../../core/errors";
import { text, typedValue } from "../../runtime/settings";
import type { Config } from "./config";
import { type DriverData, driverData, renderedDriverData } from "./driver-data";

type TypedField = "externalId" | "pubFile" | "communicationId" | "driverDataSource" | "jobId";

/** What the dialog's fields give for a message. */
export class Fields {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: Config,
  ) {}

  /** Of an input that is empty, or whose value is, undefined. Throws what its expression throws. */
  async text(field: TypedField, message: NodeMessage): Promise<string | undefined> {
    const value = this.config[field];
    const found = value ? await typedValue(this.RED, this.node, value, this.config[`${field}Type`] ?? "str", message) : undefined;
    return found === undefined || found === null || found === "" ? undefined : String(found);
  }

  /** Throws `invalid-message` when there is none. */
  async required(field: TypedField, message: NodeMessage): Promise<string> {
    const found = await this.text(field, message);
    if (found !== undefined) return found;
    throw new DocbridgeError("invalid-message", { message: `The field '${field}' gives no text for this message.`, subject: field });
  }

  /** Throws `invalid-message`, `template` and `missing-metadata`. */
  async driverData(message: NodeMessage): Promise<DriverData> {
    return this.config.dataFrom === "template" ? this.renderedData(message) : driverData(await this.driverValue(message));
  }

  /** What the place of the driver data holds, or what the template makes. Throws `template` and `missing-metadata`. */
  async driverValue(message: NodeMessage): Promise<unknown> {
    const { dataFrom, data, dataType } = this.config;
    if (dataFrom === "template") return this.renderedData(message).body;
    return typedValue(this.RED, this.node, data, dataType, message);
  }

  private renderedData(message: NodeMessage): DriverData {
    return renderedDriverData(this.config.template ?? "", message);
  }

  /** Ids of documents in Empower. Throws `invalid-message` when there is none. */
  async documents(message: NodeMessage): Promise<string[]> {
    const { documents = "payload.documents", documentsType = "msg" } = this.config;
    const found = [await typedValue(this.RED, this.node, documents, documentsType, message)].flat();
    const isUsable = found.length > 0 && found.every((id) => typeof id === "string" && id !== "");
    if (isUsable) return found as string[];
    throw new DocbridgeError("invalid-message", {
      message: "The field 'documents' gives no ids of documents for this message. It must give an id, or a list of ids.",
      subject: "documents",
    });
  }

  /** Which communication is composed by which data source. */
  async communication(message: NodeMessage) {
    return {
      communicationId: await this.required("communicationId", message),
      driverDataSource: await this.required("driverDataSource", message),
    };
  }

  get accept(): string | undefined {
    return text(this.RED, this.node, this.config.accept) || undefined;
  }

  get empowerUser(): string | undefined {
    return text(this.RED, this.node, this.config.empowerUser) || undefined;
  }
}
