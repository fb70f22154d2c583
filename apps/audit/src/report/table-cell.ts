/** Tone of a cell. */
export type Tone = 'good' | 'bad' | 'idle' | 'plain';

/** One cell of a table. */
export interface Cell {
  text: string;
  tone: Tone;
}

/** A cell without color. */
export const plain = (text: string): Cell => ({ text, tone: 'plain' });

/** A cell with a verdict. */
export const verdictCell = (
  isWell: boolean,
  words: [well: string, ill: string] = ['clean', 'FOUND'],
): Cell => (isWell ? { text: words[0], tone: 'good' } : { text: words[1], tone: 'bad' });
