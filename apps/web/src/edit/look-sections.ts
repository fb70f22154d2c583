import type { Look } from '../pixels/edit.js';
import type { PanelSection } from './editor-panel.js';
import { LookPanel } from './look-panel.js';

/** Controls of the look in the editor. */
export interface EditorLooks {
  readonly element: HTMLElement;
  readonly sections: readonly PanelSection[];
  show: (look: Look) => void;
}

/** Callbacks of the controls. `isLive`: a slider is being moved, and a last call follows. */
export interface EditorLookActions {
  onLook: (change: Partial<Look>, isLive?: boolean) => void;
  onApplyAll: () => void;
}

type Maker = new (
  actions: EditorLookActions,
  options: { isCollapsible: boolean },
) => LookPanel & { sections?: readonly PanelSection[] };

/** The controls of the look, in sections. */
export function makeLooks(actions: EditorLookActions): EditorLooks {
  const panel = new (LookPanel as Maker)(actions, { isCollapsible: true });
  const { element } = panel;
  const whole: PanelSection = { name: 'background', title: 'back.label', icon: 'palette', element };
  return { element, sections: panel.sections ?? [whole], show: (look) => panel.show(look) };
}
