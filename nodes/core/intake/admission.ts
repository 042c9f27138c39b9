import type { SpooledContent } from "../content/spool";
import { documentIdOf, documentKey, keyOfTemplate, sourceKey } from "../key";
import type { Admission } from "../ledger/ledger";
import { checkDeclared, type IntakeFacts } from "./metadata";

/** What the receiving node decides about every document it takes in. */
export interface AdmissionRules {
  /** Id of the receiving node. */
  origin: string;
  tenant: string;
  /** Mustache template of the business key; empty: documents have none. */
  businessKey: string;
  targets: string[];
  doneWhen: Admission["doneWhen"];
}

/**
 * The ledger entry of a document whose bytes are in the spool. Throws `content-altered` when the bytes are not those
 * announced, `missing-metadata` and `template` when the business key cannot be made.
 */
export function admissionOf(
  facts: IntakeFacts,
  content: SpooledContent,
  rules: AdmissionRules,
  quarantine?: Admission["quarantine"],
): Admission {
  checkDeclared(facts, content);
  const { source, metadata, mediaType, fileName, batch } = facts;
  const entry = {
    source,
    content: { ...content, mediaType, fileName },
    metadata,
    variant: { role: facts.variantRole },
    ...(batch ? { batch } : {}),
  };
  return {
    ...entry,
    key: documentKey({
      tenant: rules.tenant,
      jobId: source.jobId ?? "",
      documentId: documentIdOf(source),
      variant: facts.variantRole,
      sha256: content.sha256,
    }),
    sourceKey: sourceKey(source, metadata),
    ...(rules.businessKey ? { businessKey: keyOfTemplate(rules.businessKey, entry) } : {}),
    origin: rules.origin,
    targets: rules.targets,
    doneWhen: rules.doneWhen,
    ...(quarantine ? { quarantine } : {}),
  };
}
