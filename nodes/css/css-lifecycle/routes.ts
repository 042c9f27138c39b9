import type { NodeAPI } from "node-red";
import { lifecycleTraits } from "../../core/lifecycle/lifecycle";
import { registerDefinitionRoutes } from "../../runtime/definition-routes";
import type { Config } from "./config";
import { neededDefinitions } from "./needed";

type Fields = Partial<Pick<Config, "operation" | "cmsType" | "findBy" | "findAttribute" | "traitPrefix">>;

/** `POST docbridge/css-lifecycle/definitions`: what the tenant lacks for a node of this type (see runtime/definition-routes.ts). */
export function registerLifecycleRoutes(RED: NodeAPI): void {
  registerDefinitionRoutes<Fields>(RED, "css-lifecycle", ({ operation = "status", cmsType, findBy, findAttribute, traitPrefix }, read) =>
    neededDefinitions({
      operation,
      cmsType: read(cmsType),
      names: lifecycleTraits(read(traitPrefix)),
      ...(findBy === "key" ? { findAttribute: read(findAttribute) } : {}),
    }),
  );
}
