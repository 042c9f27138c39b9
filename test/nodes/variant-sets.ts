/** Sets of variants on their way into CMS, and what is there of them afterwards. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { deliver } from "./deliveries.ts";
import { type FlowNode, node, row } from "./flows.ts";
import type { Rig } from "./rig.ts";
import { hashOfFile } from "./stored.ts";
import { sha256 } from "./values.ts";

/** Trigger, document-variants (`variants`), mapper and a css-store (`store`) that stores sets; incomplete ones, too. */
export function setFlow(variants: Fields = {}, store: Fields = {}): FlowNode[] {
  return [
    node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "",
      sandboxDelivers: false,
      secretMode: "none",
      doneWhen: "receipts",
      destinations: "css",
      wires: [["variants"]],
    }),
    node("document-variants", "variants", {
      key: "{{source.jobId}}/{{source.customerNumber}}",
      expected: "pdf,html,sms",
      expectedType: "list",
      deadlineMinutes: "60",
      wires: [["map"], ["map"]],
      ...variants,
    }),
    node("metadata-mapper", "map", {
      destination: "css",
      target: "css",
      tenant: "css",
      targetType: "def_communication",
      rows: [row("customer_number", "property", "source.customerNumber"), row("communication_key", "property", "variant.of")],
      wires: [["store"]],
    }),
    node("css-store", "store", {
      operation: "set",
      cmsType: "def_communication",
      objectName: "{{variant.of}}",
      tenant: "css",
      ledger: "ledger",
      traitPrefix: "def",
      waitHours: "1",
      askAgainSeconds: "0.2",
      wires: [["out"]],
      ...store,
    }),
  ];
}

const MEDIA: Record<string, string> = { pdf: "application/pdf", html: "text/html", metadata: "application/json" };

/** Delivers one member; gives its id in the ledger. */
export async function give(
  rig: Rig,
  customer: string,
  role: string,
  content: Buffer,
  more: Fields = {},
  fileName = `letter.${role}`,
): Promise<string> {
  const { url } = rig;
  const envelope = {
    content: content.toString("base64"),
    mimeType: MEDIA[role] ?? "text/plain",
    fileName,
    variantRole: role,
    metadata: { customerNumber: customer, jobId: "set-job", ...more },
  };
  const { status, body } = await deliver(`${url}/exstream/documents`, { "Content-Type": "application/json" }, JSON.stringify(envelope));
  if (status !== 201) throw new Error(`the delivery was answered with ${status}: ${JSON.stringify(body)}`);
  return String(body.documentId);
}

/** An object of a set as it lies on the sandbox's disk. */
export interface StoredCommunication {
  id: string;
  version: number;
  latest: boolean;
  values: Fields;
  main: Fields;
  variants: Record<string, Fields>;
  traits: Record<string, Record<string, Fields>>;
  /** By name: kind, content id and what the bytes hash to. */
  renditions: Record<string, { kind: unknown; contentId: unknown; sha256: string; text: string }>;
}

/** The versions of a customer's communications, oldest first. */
export function communications(dataDir: string, customer: string): StoredCommunication[] {
  const contents = [...records(dataDir, "cms", "content").values()];
  return [...records(dataDir, "cms", "instance")]
    .filter(([, { type, properties }]) => type === "def_communication" && (properties as Fields).customer_number === customer)
    .map(([id, instance]) => {
      const traits = instance.traits as Record<string, Record<string, Fields>>;
      const own = contents.filter(({ owner_id }) => owner_id === id);
      return {
        id,
        version: Number(instance.version_no),
        latest: instance.latest === true,
        values: instance.properties as Fields,
        main: traits.def_variant_set?.main ?? {},
        variants: traits.def_variant ?? {},
        traits,
        renditions: Object.fromEntries(
          own.map(({ name, rendition_type, blob_id, blob }) => {
            const path = join(dataDir, "css", String(blob));
            return [name, { kind: rendition_type, contentId: blob_id, sha256: hashOfFile(path), text: readFileSync(path, "latin1") }];
          }),
        ),
      };
    })
    .sort((a, b) => a.version - b.version);
}

/** Checks the manifest as `sha256sum -c` would; gives the roles it lists. Throws when anything differs. */
export function checkedManifest({ renditions, main }: StoredCommunication): string[] {
  const manifest = renditions["manifest-sha256.txt"];
  if (!manifest || sha256(Buffer.from(manifest.text, "latin1")) !== main.manifest_sha256)
    throw new Error("the manifest is not the one that is named");
  const lines = manifest.text.split("\n").slice(0, -1);
  const listed = lines.map((line) => /^([0-9a-f]{64}) {2}data\/([^/]+)\/.+$/.exec(line) ?? []);
  for (const [line, hash, role = ""] of listed) if (renditions[role]?.sha256 !== hash) throw new Error(`wrong line: ${line}`);
  return listed.map(([, , role]) => role as string);
}
