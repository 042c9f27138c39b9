import type { NodeAPI } from "node-red";
import { registerDefinitionRoutes } from "../../runtime/definition-routes";
import type { Config } from "./config";
import { neededDefinitions } from "./needed";
import { setTraits } from "./set-object";

type Fields = Partial<
  Pick<Config, "operation" | "cmsType" | "keyAttribute" | "integrityTrait" | "evidenceTrait" | "traitPrefix" | "findType" | "findAttribute">
>;

/** `POST docbridge/css-store/definitions`: what the tenant lacks for a node of this type (see runtime/definition-routes.ts). */
export function registerStoreRoutes(RED: NodeAPI): void {
  registerDefinitionRoutes<Fields>(RED, "css-store", (fields, read) => {
    const operation = fields.operation ?? "store";
    const cmsType = read(fields.cmsType);
    return neededDefinitions({
      operation,
      cmsType,
      find: { type: operation === "evidence" ? read(fields.findType) : cmsType, attribute: read(fields.findAttribute) },
      keyAttribute: read(fields.keyAttribute),
      integrityTrait: read(fields.integrityTrait),
      evidenceTrait: read(fields.evidenceTrait),
      sets: setTraits(read(fields.traitPrefix) || "def"),
    });
  });
}
