import type { Cell } from './table-cell.js';

/** One table of the report, in any format. */
export interface Section {
  title: string;
  /** Introduction in one or two sentences. */
  text: string;
  head: string[];
  /** Explanations of columns. */
  columns?: readonly [name: string, meaning: string][];
  rows: Cell[][];
}
