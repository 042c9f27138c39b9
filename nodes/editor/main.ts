/**
 * The editor's shared script: one global that the dialogs of all nodes call when they need it, never while they are loaded,
 * and the sidebar tab.
 */
import { checkDestinations, openDestinations, resizeDestinations, saveDestinations } from "./destination-editor.ts";
import { watchFlows } from "./findings.ts";
import { closeForm, openForm } from "./form.ts";
import { closeRows, openRows, resizeRows, saveRows } from "./mapping-editor.ts";
import { preselectAdded } from "./preselect.ts";
import { checkQuery, openQuery, resizeQuery, saveQuery } from "./query-editor.ts";
import { giveSecret } from "./secret.ts";
import { addSidebar } from "./sidebar.ts";
import { text } from "./texts.ts";
import { checkVersion, upgradeFlows } from "./upgrade-flows.ts";
import { check, checkRows } from "./validate.ts";

/** Label of a connection without a name: the product and where it is. */
function connectionLabel(node: EditorNode, address: unknown): string {
  const product = node._def._("product");
  if (node.sandbox) return text("connection.sandbox", { product });
  const host = URL.canParse(String(address)) ? new URL(String(address)).host : "";
  return host ? text("connection.host", { product, host }) : product;
}

declare global {
  interface Window {
    Docbridge: object;
  }
}

window.Docbridge = {
  check,
  checkRows,
  checkVersion,
  open: openForm,
  close: closeForm,
  added: preselectAdded,
  giveSecret,
  connectionLabel,
  openRows,
  closeRows,
  saveRows,
  resizeRows,
  openQuery,
  saveQuery,
  resizeQuery,
  checkQuery,
  checkDestinations,
  openDestinations,
  saveDestinations,
  resizeDestinations,
};

watchFlows();
upgradeFlows();
RED.plugins.registerPlugin("docbridge-editor", { onadd: addSidebar });
