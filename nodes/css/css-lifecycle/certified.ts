import type { NodeMessage } from "node-red";
import type { DestructionCertificate } from "./disposition";

/**
 * The message with a certificate, in such a form that css-store keeps it: as evidence beside the document where that has a
 * key. The document itself is taken out, since what goes on is another one.
 */
export function certified(message: NodeMessage, certificate: DestructionCertificate): NodeMessage {
  const { document: _destroyed, ...rest } = message as NodeMessage & { document?: unknown };
  return {
    ...rest,
    certificate,
    payload: `${JSON.stringify(certificate, undefined, 2)}\n`,
    filename: `destroyed-${certificate.objectId}.json`,
    contentType: "application/json",
    attributes: { document_key: certificate.documentKey ?? certificate.objectId },
  } as NodeMessage;
}
