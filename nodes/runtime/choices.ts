import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../core/errors";
import { answer } from "./dialog-answer";
import { configNode } from "./settings";

/** Something a server has, proposed in a dialog. */
export interface Choice {
  value: string;
  /** More about it, where the value does not say enough. */
  label?: string | undefined;
}

/** Reads one kind of choices over a deployed connection; `query` is what the dialog says besides. */
export type ChoiceReader<N> = (connection: N, query: Record<string, string>) => Promise<Choice[]>;

/** More would not help anybody who looks through a list. */
export const MAX_CHOICES = 500;

/**
 * `GET docbridge/choices/<type>?connection=&of=&...` -> `{ choices }`, each value once and sorted: what the server of a
 * deployed connection offers for a field. `subject` is the property that points at the connection. Needs the permission to
 * write flows, which could read the same.
 */
export function registerChoices<N extends Node>(
  RED: NodeAPI,
  type: string,
  subject: string,
  readers: Record<string, ChoiceReader<N>>,
): void {
  RED.httpAdmin.get(`/docbridge/choices/${type}`, RED.auth.needsPermission("flows.write"), (req, res) => {
    const { connection = "", of = "", ...query } = req.query as Record<string, string>;
    answer(res, async () => {
      const read = Object.hasOwn(readers, of) ? readers[of] : undefined;
      if (!read)
        throw new DocbridgeError("invalid-message", { message: "The request does not say what it wants to choose from.", subject: "of" });
      const found = await read(configNode<N>(RED, connection, subject), query);
      const byValue = new Map(found.map((choice) => [choice.value, choice]));
      byValue.delete("");
      return { choices: [...byValue.values()].sort((a, b) => a.value.localeCompare(b.value)).slice(0, MAX_CHOICES) };
    });
  });
}
