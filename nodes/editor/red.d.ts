/** What the shared script uses of Node-RED's editor; the same in 4.1 and 5.0. */

interface PropertyDefinition {
  value?: unknown;
  /** Type of the config node the property points at. */
  type?: string;
  validate?(this: EditorNode, value: unknown, options: object): true | string | string[];
}

interface NodeDefinition {
  category: string;
  defaults: Record<string, PropertyDefinition>;
  credentials?: Record<string, PropertyDefinition & { type: "text" | "password" }>;
  /** Looks a key up in the node's own texts; gives the key back when there is no such text. */
  _(key: string, values?: object): string;
}

interface EditorNode {
  id: string;
  type: string;
  name?: string;
  z?: string;
  /** Disabled? */
  d?: boolean;
  valid?: boolean;
  credentials?: Record<string, unknown>;
  _def: NodeDefinition;
  [property: string]: unknown;
}

interface TypedInputType {
  value: string;
  label?: string;
  icon?: string;
  validate?(value: string): boolean | string;
  autoComplete?(value: string, done: (options: { value: string; label: string }[]) => void): void;
}

interface TypedInputOptions {
  types: (string | TypedInputType)[];
  default?: string;
  typeField?: string | JQuery;
}

interface EditableListOptions<T> {
  addButton?: boolean | string;
  header?: JQuery;
  height?: number | "auto";
  sortable?: boolean;
  removable?: boolean;
  addItem(container: JQuery, index: number, item: Partial<T>): void;
  removeItem?(): void;
  sortItems?(): void;
}

interface NodeAnnotation {
  type: "badge";
  class: string;
  element(node: EditorNode): SVGElement;
  tooltip(node: EditorNode): string;
  show(node: EditorNode): boolean;
}

interface JQuery {
  typedInput(options: TypedInputOptions): this;
  typedInput(method: "value" | "type"): string;
  typedInput(method: "value" | "type", value: string): this;
  editableList<T>(options: EditableListOptions<T>): this;
  editableList(method: "items"): JQuery;
  editableList(method: "addItems", items: object[]): this;
  editableList(method: "height", pixels: number): this;
  i18n(): this;
}

declare const RED: {
  _(key: string, values?: object): string;
  nodes: {
    node(id: string): EditorNode | null;
    dirty(isDirty: boolean): void;
    eachConfig(visit: (node: EditorNode) => void): void;
    eachNode(visit: (node: EditorNode) => void): void;
    eachLink(visit: (link: { source: EditorNode; sourcePort: number; target: EditorNode }) => void): void;
    eachWorkspace(visit: (flow: { id: string; disabled?: boolean }) => void): void;
    filterNodes(filter: { type: string }): EditorNode[];
    /** A flow (tab); undefined for a subflow. */
    workspace(id: string): { label: string; disabled?: boolean } | undefined;
  };
  utils: {
    /** As the canvas shows it. */
    getNodeLabel(node: EditorNode | null, otherwise: string): string;
    validateTypedProperty(value: string, type: string, options: object): true | string | false;
  };
  workspaces: { active(): string };
  events: { on(event: string, listener: (node: EditorNode) => void): void; emit(event: string, node: EditorNode): void };
  editor: { validateNode(node: EditorNode): boolean };
  notify(content: JQuery, options: { type: "warning"; fixed: boolean; buttons: { text: string; click(): void }[] }): { close(): void };
  view: {
    redraw(updateActive?: boolean): void;
    /** Scrolls to a node, on its flow, and lets it flash. */
    reveal(id: string): void;
    annotations: { register(id: string, annotation: NodeAnnotation): void };
  };
  i18n: {
    /** Language of the texts that are shown. */
    lang(): string;
  };
  plugins: { registerPlugin(id: string, definition: { onadd(): void }): void };
  sidebar: {
    addTab(options: { id: string; label: string; name: string; iconClass: string; content: JQuery; enableOnEdit: boolean }): void;
  };
};
