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
  /** Applies the look to all photos. */
  onApplyAll: () => void;
}

/** How the panel is shown. */
export interface LookPanelOptions {
  /** False where there is only one photo. Default: true. */
  showApplyAll?: boolean;
  /** The sections can be closed. Default: false. */
  isCollapsible?: boolean;
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
  private readonly applyAll: HTMLButtonElement;

  constructor(
    { onLook, onApplyAll }: LookActions,
    { showApplyAll = true, isCollapsible = false }: LookPanelOptions = {},
  ) {
    this.controls = [
      new BackgroundControl(onLook),
      new CropControl(onLook),
      new ShadowControl(onLook),
      new FormatControl(onLook),
    ];
    this.sections = this.controls.map((control) => sectionOf(control, isCollapsible));
    this.applyAll = button(
      { say: 'apply.all', icon: 'layers', className: 'button quiet apply-all' },
      onApplyAll,
    );
    this.showApplyAll(showApplyAll);
    const children = [...this.sections.map((section) => section.element), this.applyAll];
    this.element = element('div', { className: 'panel-group look-panel' }, children);
  }

  /** Shows a look. */
  show(look: Look): void {
    for (const control of this.controls) control.show(look);
  }

  /** Shows or hides the button that applies the look to all photos. */
  showApplyAll(isShown: boolean): void {
    this.applyAll.hidden = !isShown;
  }
}
