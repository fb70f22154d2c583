/** The editor command of a key. */
export type StageKey =
  | { do: 'undo' | 'redo' | 'fit' | 'full' | 'press' }
  | { do: 'zoom'; isIn: boolean }
  | { do: 'move' | 'brush'; x: number; y: number }
  | { do: 'size'; by: number };

/** The fields of a keyboard event that are used here. */
export interface KeyFacts {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/** Focus and tool of the editor. */
export interface KeyContext {
  /** True if the stage has the focus. Single characters work only there: elsewhere they belong to a control. */
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
  return { do: isBrush && !ctrlKey ? 'brush' : 'move', x: arrow[0] * far, y: arrow[1] * far };
}

/** Keys of every tool, with digits in both scripts. */
const COMMON: Readonly<Record<string, StageKey>> = {
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

/** The command of a key; undefined if the editor does not use it. */
export function keyCommand(facts: KeyFacts, { isOnStage, isBrush }: KeyContext): StageKey | undefined {
  if (facts.metaKey || (facts.ctrlKey && !(facts.key in ARROWS))) return stepKey(facts);
  if (!isOnStage) return undefined;
  const brushKey = isBrush ? BRUSH[facts.key] : undefined;
  return COMMON[facts.key] ?? brushKey ?? arrowKey(facts, isBrush);
}
