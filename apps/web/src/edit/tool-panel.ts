import { element } from '../dom-element.js';
import { choice, labeled, mark, radio, range } from '../form-controls.js';

/** What a pointer does on the stage. */
export type Tool = 'move' | 'keep' | 'erase';

/** Callbacks of the panel. */
export interface ToolActions {
  onTool: (tool: Tool) => void;
  onBrush: (cssPx: number) => void;
  onSplit: (part: number) => void;
}

const TOOLS: readonly Tool[] = ['move', 'keep', 'erase'];

/** Initial diameter of the brush, CSS pixels. */
export const BRUSH_PX = 36;

/** The tools of the editor: what the pointer does, the size of the brush, and how much of the original to show. */
export class ToolPanel {
  readonly element: HTMLElement;
  readonly brush = range(4, 160, BRUSH_PX);
  private readonly split = range(0, 100, 0);

  constructor(actions: ToolActions) {
    this.brush.addEventListener('input', () => actions.onBrush(Number(this.brush.value)));
    this.split.addEventListener('input', () => actions.onSplit(Number(this.split.value) / 100));
    const tools = TOOLS.map((tool) =>
      radio('tool', tool, element('span', { say: `tool.${tool}` }), () => actions.onTool(tool)),
    );
    this.element = element('div', { className: 'panel-group' }, [
      choice('tools', 'tool.label', tools),
      labeled('brush.size', this.brush),
      labeled('original', this.split),
    ]);
    this.showTool('move');
  }

  /** Shows the selected tool. */
  showTool(tool: Tool): void {
    mark(this.element, 'tool', tool);
    this.brush.disabled = tool === 'move';
  }
}
