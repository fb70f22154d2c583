import { isAsDelivered, NO_EDIT, type Edit } from '../pixels/edit.js';
import { type EditHistory } from './edit-history.js';

/**
 * The changes of one photo since the editor was opened. They are applied or discarded as a whole. The steps of earlier
 * openings can still be undone.
 */
export class EditDraft {
  private steps: EditHistory;

  /** @param applied history of the photo, which stays as it is */
  constructor(private applied: EditHistory) {
    this.steps = applied.copy();
  }

  /** The edit that is shown. */
  get present(): Edit {
    return this.steps.present;
  }

  /** True if closing without applying would lose something. */
  get hasChanges(): boolean {
    return this.present !== this.applied.present;
  }

  get canUndo(): boolean {
    return this.steps.canUndo;
  }

  get canRedo(): boolean {
    return this.steps.canRedo;
  }

  /** True if the photo is not as it was delivered. */
  get canReset(): boolean {
    return !isAsDelivered(this.present);
  }

  /** Adds a step. */
  step(edit: Edit): void {
    this.steps.step(edit);
  }

  undo(): void {
    this.steps.undo();
  }

  redo(): void {
    this.steps.redo();
  }

  /** Removes the last step, after it failed. */
  drop(): void {
    this.steps.discard();
  }

  /** Back to the delivered cutout, as a step that can be undone. */
  reset(): void {
    if (this.canReset) this.step(NO_EDIT);
  }

  /** Applies the changes. Returns the new history of the photo. */
  apply(): EditHistory {
    this.applied = this.steps.copy();
    return this.applied;
  }
}
