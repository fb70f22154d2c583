import { element } from '../dom-element.js';
import { choice, mark, radio, range, toggle } from '../form-controls.js';
import type { IconName } from '../icons.js';
import { setText, tooltip } from '../i18n/page-words.js';
import type { Tool } from './tool.js';

/** Callbacks of the panel. */
export interface ToolActions {
  onTool: (tool: Tool) => void;
  onBrush: (cssPx: number) => void;
  onRefine: (isRefined: boolean) => void;
}

const TOOLS: readonly (readonly [Tool, IconName])[] = [
  ['move', 'hand'],
  ['keep', 'brush'],
  ['erase', 'eraser'],
];

/** Initial diameter of the brush, and its limits, CSS pixels. */
export const BRUSH_PX = 36;
export const MIN_BRUSH_PX = 4;
export const MAX_BRUSH_PX = 160;

/** The tools of the editor: what the pointer does, the size of the brush, and whether its edges are refined. */
export class ToolPanel {
  readonly element: HTMLElement;
  private readonly brush = range(MIN_BRUSH_PX, MAX_BRUSH_PX, BRUSH_PX);
  private readonly size = element('output', { attributes: { 'aria-hidden': 'true' } });

  constructor(actions: ToolActions) {
    this.brush.addEventListener('input', () => actions.onBrush(Number(this.brush.value)));
    const tools = TOOLS.map(([tool, icon]) => {
      const content = element('span', { say: `tool.${tool}`, icon });
      return tooltip(
        radio('tool', tool, content, () => actions.onTool(tool)),
        `editor.tip.${tool}`,
      );
    });
    const name = element('span', {}, [element('span', { say: 'brush.size' }), this.size]);
    const size = tooltip(element('label', { className: 'row' }, [name, this.brush]), 'editor.tip.size');
    const [refine, input] = toggle('refine', actions.onRefine);
    input.checked = true;
    const hint = element('p', { className: 'hint', say: 'refine.hint', attributes: { id: 'refine-hint' } });
    input.setAttribute('aria-describedby', hint.id);
    this.element = element('div', { className: 'controls panel-group' }, [
      choice('tools', 'tool.label', tools),
      size,
      element('div', {}, [refine, hint]),
    ]);
    this.showTool('move');
    this.showSize(BRUSH_PX);
  }

  /** Shows the selected tool. */
  showTool(tool: Tool): void {
    mark(this.element, 'tool', tool);
  }

  /** Shows the diameter of the brush, CSS pixels. */
  showSize(px: number): void {
    this.brush.value = String(px);
    setText(this.size, 'brush.px', { size: px });
  }
}
