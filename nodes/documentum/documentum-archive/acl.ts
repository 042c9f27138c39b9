import type { DocumentumObject } from "../../clients/documentum/documentum";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import type { Connect, Step } from "./operation";
import { confirming, textsIn, unconfirmed } from "./reading-back";

/** Mustache templates over the document. */
export interface AclRule {
  name: string;
  /** Empty: as the server has it for the account. */
  domain: string;
}

export function aclOf(rule: AclRule, document: DocbridgeDocument): AclRule {
  const view = documentView(document);
  return {
    name: renderTemplate(rule.name, view, { name: "ACL" }),
    domain: renderTemplate(rule.domain, view, { name: "domain of the ACL" }),
  };
}

/** Sees to it that the object has its ACL, which a create or check-in was asked to give it, and reads that back. */
export class AclStep implements Step {
  readonly name = "acl";

  constructor(
    private readonly client: Connect,
    private readonly rule: AclRule,
  ) {}

  async prepare(): Promise<void> {}

  async carryOut(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<Receipt> {
    const client = await this.client();
    const acl = aclOf(this.rule, document);
    const read = () => client.getObject(receipt.objectId, { signal });
    const holds = async (object: DocumentumObject) => {
      const has = async (name: string, value: string) => (await textsIn(client, object, name, signal)).includes(value);
      return (await has("acl_name", acl.name)) && (acl.domain === "" || (await has("acl_domain", acl.domain)));
    };
    const object = await read();
    if (await holds(object)) return receipt;
    await confirming(receipt.objectId, "the ACL was not assigned", () => client.policies.assignAcl(object, acl, { signal }));
    if (await holds(await read())) return receipt;
    throw unconfirmed(receipt.objectId, `it does not have the ACL ${acl.name} although the server took it`);
  }
}
