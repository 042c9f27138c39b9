import type { Node, NodeAPI } from "node-red";
import { ContentReference } from "../../core/content/reference";
import { DocbridgeError } from "../../core/errors";
import type { ExstreamServerNode } from "../../runtime/connections";
import type { LedgerNode } from "../../runtime/ledger-service";
import { configNode, number, text } from "../../runtime/settings";
import type { Config } from "./config";
import { driverData, isSource } from "./driver-data";
import type { EngineRules } from "./engine-reply";
import type { Fields } from "./fields";
import type { Ask } from "./on-demand";

/** Composes by the engine as a web service (EWS), which on premises stands where there is no orchestration service. */
export function askEngine(RED: NodeAPI, node: Node, config: Config, fields: Fields, signal: AbortSignal): Ask {
  const field = (name: "driverFile" | "driverEncoding" | "outputFile" | "returnFiles") => text(RED, node, config[name]) || undefined;
  return async (message) => {
    const engine = await configNode<ExstreamServerNode>(RED, config.server, "server").engine();
    const pubFile = await fields.text("pubFile", message);
    const value = await opened(await fields.driverValue(message), RED, config);
    const reply = await engine.compose({
      driver: isSource(value) ? value : Buffer.from(driverData(value).body),
      driverFile: field("driverFile") ?? "FILEINPUT",
      driverEncoding: field("driverEncoding"),
      engineOptions: engineOptions(text(RED, node, config.engineOptions)),
      fileReturnRegEx: field("returnFiles"),
      outputFile: field("outputFile"),
      pubFile,
      includeHeader: true,
      includeMessageFile: true,
      signal,
    });
    return { reply, source: {}, metadata: pubFile === undefined ? {} : { pubFile } };
  };
}

/** What the dialog says of the service's replies. Throws `configuration`. */
export function engineRules({ highestReturnCode, engineOptions = "" }: Config): EngineRules {
  return {
    highestReturnCode: number(highestReturnCode, "highestReturnCode", 0),
    filesStay: /^\s*OUTPUTDIRECTORY\s*=/im.test(engineOptions),
  };
}

/** A content reference again where a context store or a Function node left only its facts. */
async function opened(value: unknown, RED: NodeAPI, config: Config): Promise<unknown> {
  const { sha256, size, open } = (value ?? {}) as Partial<ContentReference>;
  if (typeof sha256 !== "string" || typeof size !== "number" || open) return value;
  const { spool } = await configNode<LedgerNode>(RED, config.ledger, "ledger").stores();
  return ContentReference.from(value as ContentReference, spool);
}

/** A line `NAME=VALUE` each. Throws `configuration`. */
function engineOptions(lines: string): { name: string; value: string }[] {
  const given = lines.split("\n").map((line) => line.trim());
  return given
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf("=");
      if (at > 0) return { name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
      throw new DocbridgeError("configuration", {
        message: "A line of the field 'engineOptions' is no NAME=VALUE. Correct it in the node's dialog.",
        subject: "engineOptions",
      });
    });
}
