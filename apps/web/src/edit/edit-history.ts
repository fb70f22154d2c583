import type { Edit } from '../pixels/edit.js';

/** Undo history of an edit. Steps share their strokes, so a step needs little memory. */
export class EditHistory {
  private past: Edit[] = [];
  private future: Edit[] = [];

  constructor(private now: Edit) {}

  /** A history with the same steps, which changes on its own. */
  copy(): EditHistory {
    const copy = new EditHistory(this.now);
    copy.past = [...this.past];
    copy.future = [...this.future];
    return copy;
  }

  /** The current edit. */
  get present(): Edit {
    return this.now;
  }

  /** True if there is a step to undo. */
  get canUndo(): boolean {
    return this.past.length > 0;
  }

  /** True if there is a step to redo. */
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Adds a step and discards the steps to redo. */
  step(edit: Edit): void {
    this.past.push(this.now);
    this.future = [];
    this.now = edit;
  }

  /** Undoes the last step, if there is one. */
  undo(): void {
    const before = this.past.pop();
    if (before === undefined) return;
    this.future.push(this.now);
    this.now = before;
  }

  /** Removes the last step without a redo, after it failed. */
  discard(): void {
    this.now = this.past.pop() ?? this.now;
  }

  /** Redoes the last undone step, if there is one. */
  redo(): void {
    const after = this.future.pop();
    if (after === undefined) return;
    this.past.push(this.now);
    this.now = after;
  }
}
