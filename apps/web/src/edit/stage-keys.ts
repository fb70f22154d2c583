import type { Tool } from './tool.js';

/** The editor command of a key. */
export type StageKey =
  | { do: 'undo' | 'redo' | 'fit' | 'full' | 'press' | 'pan' | 'compare' | 'help' | 'previous' | 'next' }
  | { do: 'tool'; tool: Tool }
  | { do: 'zoom'; isIn: boolean }
  | { do: 'move' | 'brush'; x: number; y: number }
  | { do: 'size'; by: number };

/** The fields of a keyboard event that are used here. */
export interface KeyFacts {
  key: string;
  /** Physical key, for keyboards of other scripts. */
  code?: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/** Focus and tool of the editor. */
export interface KeyContext {
  /** The stage has every key; other controls keep arrows and Space; fields that take text keep all but undo. */
  focus: 'stage' | 'control' | 'text';
  isBrush: boolean;
  /** True if a mouse or pen is over the stage. */
  isPointerOver: boolean;
}

const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const BRUSH_STEP_PX = 4;

/** Keys of every tool, with digits in both scripts. */
const COMMON: Readonly<Record<string, StageKey>> = {
  v: { do: 'tool', tool: 'move' },
  h: { do: 'tool', tool: 'move' },
  b: { do: 'tool', tool: 'keep' },
  e: { do: 'tool', tool: 'erase' },
  z: { do: 'undo' },
  y: { do: 'redo' },
  c: { do: 'compare' },
  '?': { do: 'help' },
  '[': { do: 'size', by: -BRUSH_STEP_PX },
  ']': { do: 'size', by: BRUSH_STEP_PX },
  '+': { do: 'zoom', isIn: true },
  '=': { do: 'zoom', isIn: true },
  '-': { do: 'zoom', isIn: false },
  '0': { do: 'fit' },
  '০': { do: 'fit' },
  '1': { do: 'full' },
  '১': { do: 'full' },
  PageUp: { do: 'previous' },
  PageDown: { do: 'next' },
};

/** The letter that a key has on a Latin keyboard, in lower case. */
function latin({ key, code }: KeyFacts): string {
  const isOther = key.length === 1 && key > '\u007f';
  return (isOther ? (/^Key([A-Z])$/.exec(code ?? '')?.[1] ?? key) : key).toLowerCase();
}

function stepKey(facts: KeyFacts): StageKey | undefined {
  const letter = latin(facts);
  if (letter === 'y' || (letter === 'z' && facts.shiftKey)) return { do: 'redo' };
  return letter === 'z' ? { do: 'undo' } : undefined;
}

function arrowKey({ key, ctrlKey, shiftKey }: KeyFacts, isBrush: boolean): StageKey | undefined {
  const arrow = ARROWS[key];
  if (arrow === undefined) return undefined;
  const far = shiftKey ? 5 : 1;
  return { do: isBrush && !ctrlKey ? 'brush' : 'move', x: arrow[0] * far, y: arrow[1] * far };
}

/** Space moves the picture while it is held with a mouse, and starts and ends strokes that are painted by keys. */
function paintKey({ key }: KeyFacts, { isBrush, isPointerOver }: KeyContext): StageKey | undefined {
  if (key === ' ' && isPointerOver) return { do: 'pan' };
  return isBrush && (key === ' ' || key === 'Enter') ? { do: 'press' } : undefined;
}

/** The command of a key; undefined if the editor does not use it. */
export function keyCommand(facts: KeyFacts, context: KeyContext): StageKey | undefined {
  const { key, ctrlKey, metaKey, shiftKey } = facts;
  if (metaKey || (ctrlKey && !(key in ARROWS))) return stepKey(facts);
  if (context.focus === 'text') return undefined;
  const common = COMMON[key] ?? COMMON[latin(facts)];
  if (common !== undefined) return common.do === 'undo' && shiftKey ? { do: 'redo' } : common;
  if (context.focus !== 'stage') return undefined;
  return paintKey(facts, context) ?? arrowKey(facts, context.isBrush);
}
