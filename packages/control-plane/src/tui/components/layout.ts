/** Where everything stands on a terminal of this size, in columns and rows. */
export interface Layout {
  readonly columns: number;
  readonly rows: number;
  /** Width of the list; the detail has the rest, behind one column for the rule between them. */
  readonly list: number;
  readonly detail: number;
  /** Rows between header and footer. */
  readonly body: number;
}

/** Below this the two panes cannot be read side by side. */
export const smallest = { columns: 60, rows: 15 } as const;

/** A row's sign, number, word and icon, and 20 columns of its title: what a list needs to be read. */
const readableList = 39;
/** The detail keeps this part of a narrow terminal. */
const leastDetail = 0.5;

const headerRows = 1;
const footerRows = 2;

/** Null where the terminal is smaller than the smallest. */
export function layOut(columns: number, rows: number): Layout | null {
  if (columns < smallest.columns || rows < smallest.rows) return null;
  const list = Math.max(30, Math.floor(columns * 0.4), Math.min(readableList, Math.floor(columns * (1 - leastDetail)) - 1));
  return { columns, rows, list, detail: columns - list - 1, body: rows - headerRows - footerRows };
}
