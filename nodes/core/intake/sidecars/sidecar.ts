import { DocbridgeError } from "../../errors";
import type { IntakeContext } from "../metadata";

export interface SidecarLimits {
  /** Size of the sidecar in bytes; default 1 MiB. */
  bytes: number;
  /** Deepest nesting; default 32. */
  depth: number;
  /** Longest single text of an XML sidecar, in characters; default 64 Ki. */
  text: number;
}

export function sidecarLimits(limits: Partial<SidecarLimits> = {}): SidecarLimits {
  return { bytes: limits.bytes ?? 1024 * 1024, depth: limits.depth ?? 32, text: limits.text ?? 64 * 1024 };
}

/** Makes the error of a sidecar that cannot be read; `what` follows its name. */
export function unreadableSidecar({ origin }: IntakeContext, what: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("sidecar-unreadable", {
    message: `The ${origin} ${what}. Correct it where it is written and deliver it again.`,
    subject: origin,
    cause,
  });
}
