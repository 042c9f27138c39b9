import { RESOURCE_STATES, type Resource, type ResourceState } from "../../clients/exstream/design";
import { DocbridgeError } from "../../core/errors";

/** Where a state leads in the standard and the simplified workflow (wire/exstream.md 10.2). */
const NEXT: Record<ResourceState, ResourceState[]> = {
  DRAFT: ["REVIEW", "APPROVED"],
  REVIEW: ["APPROVED", "REJECTED"],
  REJECTED: ["DRAFT"],
  APPROVED: ["DRAFT"],
};

/**
 * Throws `refused` for a transition that no documented workflow has. Which workflow a domain has is the server's to say, and
 * so is everything about states that are not documented.
 */
export function checkTransition({ id, state }: Resource, wanted: ResourceState): void {
  if (!isDocumented(state) || NEXT[state].includes(wanted)) return;
  const what = state === wanted ? "is so already" : `can only become ${NEXT[state].join(" or ")}`;
  throw new DocbridgeError("refused", {
    message: `Resource ${id} is in the state ${state} and cannot become ${wanted}: it ${what}.`,
    subject: id,
  });
}

/** Throws `refused` unless the resource is a draft that nobody locked: only then may its content be changed. */
export function checkDraft({ id, state, locked }: Resource): void {
  if (state !== "DRAFT") {
    throw new DocbridgeError("refused", {
      message: `Resource ${id} is in the state ${state}; its content can only be changed in DRAFT. Bring it there first.`,
      subject: id,
    });
  }
  if (!locked) return;
  throw new DocbridgeError("locked", { message: `Resource ${id} is locked by somebody. Wait, or let them unlock it.`, subject: id });
}

function isDocumented(state: string): state is ResourceState {
  return (RESOURCE_STATES as readonly string[]).includes(state);
}
