/** What a key asks of the editor. */
export type StageKey =
  | { do: 'undo' | 'redo' | 'fit' | 'full' | 'press' }
  | { do: 'zoom'; isIn: boolean }
  | { do: 'move' | 'hand'; x: number; y: number }
  | { do: 'size'; by: number };

/** The part of a keyboard event that matters. */
export interface KeyFacts {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/** Where the keyboard is, and what is in hand. */
export interface KeyPlace {
  /** Single letters and signs count there alone: elsewhere they may be meant for a control. */
  isOnStage: boolean;
  isBrush: boolean;
}

const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const BRUSH_STEP_PX = 4;

function stepKey({ key, shiftKey }: KeyFacts): StageKey | undefined {
  const lower = key.toLowerCase();
  if (lower === 'y' || (lower === 'z' && shiftKey)) return { do: 'redo' };
  return lower === 'z' ? { do: 'undo' } : undefined;
}

function arrowKey({ key, ctrlKey, shiftKey }: KeyFacts, isBrush: boolean): StageKey | undefined {
  const arrow = ARROWS[key];
  if (arrow === undefined) return undefined;
  const far = shiftKey ? 5 : 1;
  return { do: isBrush && !ctrlKey ? 'hand' : 'move', x: arrow[0] * far, y: arrow[1] * far };
}

/** Keys that mean the same whatever is in hand; digits in both scripts. */
const SIMPLE: Readonly<Record<string, StageKey>> = {
  '+': { do: 'zoom', isIn: true },
  '=': { do: 'zoom', isIn: true },
  '-': { do: 'zoom', isIn: false },
  '0': { do: 'fit' },
  '০': { do: 'fit' },
  '1': { do: 'full' },
  '১': { do: 'full' },
};

const BRUSH: Readonly<Record<string, StageKey>> = {
  '[': { do: 'size', by: -BRUSH_STEP_PX },
  ']': { do: 'size', by: BRUSH_STEP_PX },
  ' ': { do: 'press' },
};

/** What a key asks for; undefined when it is none of the editor's. */
export function keyOf(facts: KeyFacts, { isOnStage, isBrush }: KeyPlace): StageKey | undefined {
  if (facts.metaKey || (facts.ctrlKey && !(facts.key in ARROWS))) return stepKey(facts);
  if (!isOnStage) return undefined;
  const brushKey = isBrush ? BRUSH[facts.key] : undefined;
  return SIMPLE[facts.key] ?? brushKey ?? arrowKey(facts, isBrush);
}
