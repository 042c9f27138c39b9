import type { NodeAPI } from "node-red";
import { DocbridgeError } from "../../core/errors";
import { answer } from "../../runtime/dialog-answer";
import { checkMapping, type MappingDraft } from "./check-mapping";
import { type MappingTarget, targetOf } from "./target";

/**
 * What the mapper's dialog asks while it is open, under the admin root:
 *
 *     GET  docbridge/mapping/types?target=&connection=   names of the target's types
 *     POST docbridge/mapping/check                       MappingDraft -> MappingReport
 *
 * Both work on deployed connections only. They need the permission to write flows: an expression that is tried here
 * can read what a flow can read.
 */
export function registerMapperRoutes(RED: NodeAPI): void {
  const permission = RED.auth.needsPermission("flows.write");

  RED.httpAdmin.get("/docbridge/mapping/types", permission, (req, res) => {
    const { target, connection } = req.query as Record<string, string>;
    answer(res, async () => {
      const names = await targetOf(RED, target as MappingTarget, String(connection))?.typeNames();
      return { types: (names ?? []).toSorted() };
    });
  });

  RED.httpAdmin.post("/docbridge/mapping/check", permission, (req, res) => {
    answer(res, () => checkMapping(RED, requireDraft(req.body)));
  });
}

function requireDraft(body: unknown): MappingDraft {
  const draft = body as Partial<MappingDraft> | undefined;
  if (draft && Array.isArray(draft.rows) && typeof draft.target === "string") return draft as MappingDraft;
  throw new DocbridgeError("invalid-message", { message: "The request is not a mapping: target and rows are missing.", subject: "rows" });
}
