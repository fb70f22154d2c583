import { EditDraft } from '../../../apps/web/src/edit/edit-draft.js';
import { EditHistory } from '../../../apps/web/src/edit/edit-history.js';
import { NO_EDIT, type Edit } from '../../../apps/web/src/pixels/edit.js';

const stroke = (id: number): Edit => ({
  ...NO_EDIT,
  strokes: [{ id, mode: 'erase', size: 4, points: [1, 1] }],
});

describe('given an open editor', () => {
  it('when changes are discarded, then the photo has the history of before', () => {
    const history = new EditHistory(NO_EDIT);
    history.step(stroke(1));
    const draft = new EditDraft(history);
    draft.step(stroke(2));
    draft.undo();
    draft.undo();
    expect([draft.present, draft.hasChanges]).toEqual([NO_EDIT, true]);
    expect([history.present, history.canUndo, history.canRedo]).toEqual([stroke(1), true, false]);
  });

  it('when changes are applied and the editor is opened again, then their steps can be undone and redone', () => {
    const first = new EditDraft(new EditHistory(NO_EDIT));
    first.step(stroke(1));
    first.step(stroke(2));
    first.undo();
    const again = new EditDraft(first.apply());
    expect([again.hasChanges, again.canUndo, again.canRedo]).toEqual([false, true, true]);
    again.redo();
    expect(again.present).toEqual(stroke(2));
    again.undo();
    again.undo();
    expect([again.present, again.canUndo]).toEqual([NO_EDIT, false]);
  });

  it('when changes are applied and more are made, then only the new ones are at risk', () => {
    const draft = new EditDraft(new EditHistory(NO_EDIT));
    draft.step(stroke(1));
    const applied = draft.apply();
    expect(draft.hasChanges).toBe(false);
    draft.step(stroke(2));
    expect([draft.hasChanges, applied.present]).toEqual([true, stroke(1)]);
  });

  it('when a step is undone, then there is nothing to lose', () => {
    const draft = new EditDraft(new EditHistory(NO_EDIT));
    draft.step(stroke(1));
    draft.undo();
    expect(draft.hasChanges).toBe(false);
  });

  it('when it is reset, then the photo is as delivered, and that can be undone', () => {
    const draft = new EditDraft(new EditHistory(stroke(1)));
    expect(draft.canReset).toBe(true);
    draft.reset();
    expect([draft.present, draft.canReset, draft.hasChanges]).toEqual([NO_EDIT, false, true]);
    draft.reset();
    draft.undo();
    expect(draft.present).toEqual(stroke(1));
  });

  it('when a step fails, then it is dropped', () => {
    const draft = new EditDraft(new EditHistory(NO_EDIT));
    draft.step(stroke(1));
    draft.drop();
    expect([draft.present, draft.canUndo, draft.canRedo]).toEqual([NO_EDIT, false, false]);
  });
});
