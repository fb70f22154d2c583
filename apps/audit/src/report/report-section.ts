import type { Cell } from './table-cell.js';

/** One table of the report, in any format. */
export interface Section {
  title: string;
  /** What it shows, in a sentence or two. */
  text: string;
  head: string[];
  /** What the columns mean, where their names do not say it. */
  columns?: readonly [name: string, meaning: string][];
  rows: Cell[][];
}
