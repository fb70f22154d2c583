import type { Cell } from './table.cell.js';

/** One table of the report, in any format. */
export interface Section {
  title: string;
  /** What it shows, in a sentence or two. */
  text: string;
  head: string[];
  rows: Cell[][];
}
