import { button, element } from '../dom-element.js';
import type { Look } from '../pixels/edit.js';
import { BackgroundControl } from './background-control.js';
import { CropControl } from './crop-control.js';
import { FormatControl } from './format-control.js';
import type { LookControl, OnLook } from './look-control.js';
import { collapsible, type PanelSection } from './panel-section.js';
import { ShadowControl } from './shadow-control.js';

/** Callbacks of the panel. */
export interface LookActions {
  onLook: OnLook;
  /** Applies the look to all photos. Absent where there is only one. */
  onApplyAll?: (() => void) | undefined;
}

function sectionOf(
  { name, title, icon: picture, content }: LookControl,
  isCollapsible: boolean,
): PanelSection {
  if (isCollapsible) return collapsible(name, title, picture, content);
  // The groups of the controls have names of their own for screen readers.
  const titled = element('p', { className: 'panel-title', attributes: { 'aria-hidden': 'true' } }, [
    element('span', { say: title }),
  ]);
  const attributes = { 'data-section': name };
  return {
    ...{ name, title, icon: picture },
    element: element('div', { className: 'panel-section', attributes }, [titled, content]),
  };
}

/**
 * Background, crop, shadow and format of one photo: beside a single result and in the editor. `show` updates the controls; user
 * input calls the actions.
 */
export class LookPanel {
  /** All sections. */
  readonly element: HTMLElement;
  readonly sections: readonly PanelSection[];
  private readonly controls: readonly LookControl[];

  /** @param isCollapsible the sections can be closed */
  constructor({ onLook, onApplyAll }: LookActions, isCollapsible = false) {
    this.controls = [
      new BackgroundControl(onLook),
      new CropControl(onLook),
      new ShadowControl(onLook),
      new FormatControl(onLook),
    ];
    this.sections = this.controls.map((control) => sectionOf(control, isCollapsible));
    this.element = element(
      'div',
      { className: 'panel-group look-panel' },
      this.sections.map((section) => section.element),
    );
    if (onApplyAll === undefined) return;
    const facts = { say: 'apply.all', icon: 'layers', className: 'button quiet apply-all' } as const;
    this.element.append(button(facts, onApplyAll));
  }

  /** Shows a look. */
  show(look: Look): void {
    for (const control of this.controls) control.show(look);
  }
}
