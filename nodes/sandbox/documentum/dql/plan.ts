import { derivations } from "../model/derived";
import type { Condition, Literal, Operand } from "./ast";
import { attributeOf, type Context, foldersOf, literalFor } from "./compile";

interface Candidates {
  ids: Iterable<string>;
  /** At most that many. */
  size: number;
}

/**
 * Narrows down which objects a condition can be true for, by the indexes: object id, stored string and id attributes,
 * folder paths, folders. Undefined when nothing narrows it down and every object of the type must be looked at.
 * The condition itself is still to be tested.
 */
export function candidatesFor(condition: Condition | undefined, context: Context): Iterable<string> | undefined {
  return condition && narrow(condition, context)?.ids;
}

function narrow(condition: Condition, context: Context): Candidates | undefined {
  switch (condition.kind) {
    case "and": {
      // Folders come last: gathering what lies below one can mean reading everything.
      const folders = condition.parts.filter(({ kind }) => kind === "folder");
      const others = condition.parts.filter(({ kind }) => kind !== "folder");
      return narrowest(others, context) ?? narrowest(folders, context);
    }
    case "or": {
      const all = condition.parts.map((part) => narrow(part, context));
      return all.every((one) => one !== undefined) ? union(all) : undefined;
    }
    case "compare":
      return condition.op === "=" ? byValues(condition.operand, [condition.value], context) : undefined;
    case "in":
      return byValues(condition.operand, condition.values, context);
    case "in-select":
      return byTexts(condition.operand, [...(context.subselect?.(condition.query) ?? [])].map(String), context);
    case "folder":
      return below(condition, context);
    default:
      return undefined;
  }
}

function narrowest(parts: readonly Condition[], context: Context): Candidates | undefined {
  const all = parts.map((part) => narrow(part, context)).filter((one) => one !== undefined);
  return all.sort((a, b) => a.size - b.size)[0];
}

function below(condition: Extract<Condition, { kind: "folder" }>, { repository }: Context): Candidates {
  const { objects, folders } = repository;
  const named = [...foldersOf(condition, repository)];
  const all = new Set(condition.descend ? named.flatMap((id) => [...folders.subtree(id)]) : named);
  return union([...all].map((id) => ({ ids: objects.lookup("i_folder_id", id), size: objects.count("i_folder_id", id) })));
}

function union(parts: Candidates[]): Candidates {
  if (parts.length === 1) return parts[0] as Candidates;
  const ids = new Set<string>();
  for (const part of parts) for (const id of part.ids) ids.add(id);
  return { ids, size: ids.size };
}

function byValues(operand: Operand, literals: readonly Literal[], context: Context): Candidates | undefined {
  const attribute = attributeOf(operand, context);
  if (attribute.type !== "string" && attribute.type !== "id") return undefined;
  return byTexts(
    operand,
    literals.map((literal) => String(literalFor(literal, attribute, context))),
    context,
  );
}

function byTexts(operand: Operand, texts: readonly string[], context: Context): Candidates | undefined {
  if (operand.fold) return undefined;
  const attribute = attributeOf(operand, context);
  const { objects, folders } = context.repository;
  if (attribute.type !== "string" && attribute.type !== "id") return undefined;
  const values = [...new Set(texts)];
  if (attribute.name === "r_object_id") return { ids: values.filter((id) => objects.get(id)), size: values.length };
  if (attribute.name === "r_folder_path") {
    const ids = values.map((path) => folders.idAt(path)).filter((id) => id !== undefined);
    return { ids: new Set(ids), size: ids.length };
  }
  // Derived and empty values are in no index.
  if (derivations.has(attribute.name) || attribute.initial !== undefined || values.includes("")) return undefined;
  if (attribute.type === "id" && values.some((id) => /^0+$/.test(id))) return undefined;
  return union(values.map((value) => ({ ids: objects.lookup(attribute.name, value), size: objects.count(attribute.name, value) })));
}
