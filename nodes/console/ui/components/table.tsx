import type { ComponentChildren } from "preact";

export interface Column<Row> {
  key: string;
  head: string;
  /** Figures stand below each other at their ends. */
  figures?: boolean;
  /** Names its row for a screen reader. */
  heads?: boolean;
  cell(row: Row): ComponentChildren;
}

interface TableProps<Row> {
  /** What the table is; read out, and shown when `showCaption` is set. */
  caption: string;
  showCaption?: boolean;
  columns: Column<Row>[];
  rows: Row[];
  rowKey(row: Row): string;
  /** Check boxes before the rows. */
  selection?: {
    isSelected(row: Row): boolean;
    toggle(row: Row): void;
    all: boolean;
    toggleAll(): void;
    label(row: Row): string;
    allLabel: string;
  };
}

/** A table; on a phone each row becomes a card that names its values. */
export function Table<Row>({ caption, showCaption, columns, rows, rowKey, selection }: TableProps<Row>) {
  return (
    <table class="table">
      <caption class={showCaption ? "" : "unseen"}>{caption}</caption>
      <thead>
        <tr>
          {selection && (
            <td class="selects">
              <input type="checkbox" aria-label={selection.allLabel} checked={selection.all} onChange={selection.toggleAll} />
            </td>
          )}
          {columns.map(({ key, head, figures }) => (
            <th key={key} scope="col" class={figures ? "figures" : ""}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)} class={selection?.isSelected(row) ? "selected" : ""}>
            {selection && (
              <td class="selects">
                <input
                  type="checkbox"
                  aria-label={selection.label(row)}
                  checked={selection.isSelected(row)}
                  onChange={() => selection.toggle(row)}
                />
              </td>
            )}
            {columns.map((column) => (
              <Cell key={column.key} column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column: { head, figures, heads, cell }, row }: { column: Column<Row>; row: Row }) {
  const look = figures ? "figures" : "";
  return heads ? (
    <th scope="row" class={look} data-label={head}>
      <div>{cell(row)}</div>
    </th>
  ) : (
    <td class={look} data-label={head}>
      <div>{cell(row)}</div>
    </td>
  );
}
