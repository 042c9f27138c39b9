import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../../core/errors";
import { parseCodes } from "../../core/mapping/codes";
import type { Resolve } from "../../core/mapping/map";
import type { MappingRow, MappingSource } from "../../core/mapping/rules";
import { renderTemplate } from "../../core/mapping/template";
import { lookupPath, type View } from "../../core/mapping/view";
import { boundedExpressions } from "../../runtime/expressions";

/** A row as the dialog stores it. */
export interface EditorRow {
  attribute: string;
  sourceKind: MappingSource["kind"];
  source: string;
  ifEmpty: MappingRow["ifEmpty"];
  fallback: string;
  dateFormat: string;
  decimal: "" | "," | ".";
  /** Code table as `code=value; code=value`; absent in flows of version 1. */
  codes?: string;
  /** Separator that makes a list of one text. */
  split?: string;
}

export function toMappingRow(row: EditorRow): MappingRow {
  return {
    attribute: row.attribute,
    source: { kind: row.sourceKind, value: row.source },
    ifEmpty: row.ifEmpty,
    ...(row.fallback ? { default: row.fallback } : {}),
    convert: {
      ...(row.dateFormat ? { dateFormat: row.dateFormat } : {}),
      ...(row.decimal ? { decimal: row.decimal } : {}),
      ...(row.codes ? { codes: codesOf(row.attribute, row.codes) } : {}),
      ...(row.split ? { split: row.split } : {}),
    },
  };
}

function codesOf(attribute: string, codes: string): Record<string, string> {
  const table = parseCodes(codes);
  if (table) return table;
  throw new DocbridgeError("configuration", {
    message: `The code table of "${attribute}" must be written as code=value; code=value, each code once.`,
    subject: attribute,
  });
}

/** Evaluates the sources of rows over a document, with what Node-RED users know: property paths, Mustache, JSONata, environment. */
export function rowResolver(RED: NodeAPI, node: Node): (view: View) => Resolve {
  const prepare = boundedExpressions(RED, node);
  const expressions = new Map<string, ReturnType<typeof prepare>>();
  const expression = (source: string) => {
    const known = expressions.get(source) ?? prepare(source);
    expressions.set(source, known);
    return known;
  };
  return (view) =>
    ({ attribute, source }) => {
      switch (source.kind) {
        case "property":
          return lookupPath(view, source.value);
        case "constant":
          return source.value;
        case "template":
          return renderTemplate(source.value, view, { name: attribute });
        case "jsonata":
          return expression(source.value)({ document: view });
        case "env":
          return RED.util.evaluateNodeProperty(source.value, "env", node, {});
      }
    };
}
