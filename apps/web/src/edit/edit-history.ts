import type { Edit } from '../pixels/edit.js';

/** What was changed, step by step. Strokes are shared between steps: a step costs next to nothing. */
export class EditHistory {
  private readonly past: Edit[] = [];
  private future: Edit[] = [];

  constructor(private now: Edit) {}

  /** What stands. */
  get present(): Edit {
    return this.now;
  }

  /** True when there is a step to take back. */
  get canUndo(): boolean {
    return this.past.length > 0;
  }

  /** True when a step was taken back that can be taken again. */
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Takes a step; what was taken back before cannot be redone any more. */
  step(edit: Edit): void {
    this.past.push(this.now);
    this.future = [];
    this.now = edit;
  }

  /** Takes the last step back, if there is one. */
  undo(): void {
    const before = this.past.pop();
    if (before === undefined) return;
    this.future.push(this.now);
    this.now = before;
  }

  /** Takes the last step back for good: it could not be done. */
  forget(): void {
    this.now = this.past.pop() ?? this.now;
  }

  /** Takes a step that was taken back again. */
  redo(): void {
    const after = this.future.pop();
    if (after === undefined) return;
    this.past.push(this.now);
    this.now = after;
  }
}
