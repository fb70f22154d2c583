/** An item outside of the list, and the item that followed it there. */
interface Removed<T> {
  item: T;
  next: T | undefined;
}

/** Removes items from a list and puts them back where they were, the latest removal first. */
export class RemovalHistory<T> {
  private readonly removals: Removed<T>[][] = [];

  /** @param list the list that is changed */
  constructor(private readonly list: T[]) {}

  /** Removed items that can be put back, the latest removal last. */
  get items(): T[] {
    return this.removals.flat().map(({ item }) => item);
  }

  /** Number of removals that can be reversed. */
  get length(): number {
    return this.removals.length;
  }

  /** Items of the latest removal, in the order of the list. */
  get latest(): T[] {
    return (this.removals.at(-1) ?? []).map(({ item }) => item);
  }

  /** Removes items that are in the list. */
  remove(items: readonly T[]): void {
    const wanted = new Set(items);
    const removed = this.list.flatMap((item, at) =>
      wanted.has(item) ? [{ item, next: this.list[at + 1] }] : [],
    );
    this.removals.push(removed);
    this.list.splice(0, this.list.length, ...this.list.filter((item) => !wanted.has(item)));
  }

  /**
   * Reverses the latest removal. `onItem` receives each item and the item that follows it in the list, from the last to the
   * first. Later additions do not matter: a neighbor was removed later, if at all, and is back by now.
   */
  restore(onItem: (item: T, next: T | undefined) => void): void {
    for (const { item, next } of (this.removals.pop() ?? []).reverse()) {
      const at = next === undefined ? -1 : this.list.indexOf(next);
      if (at === -1) this.list.push(item);
      else this.list.splice(at, 0, item);
      onItem(item, at === -1 ? undefined : next);
    }
  }

  /** Forgets all removals. Returns their items. */
  clear(): T[] {
    const { items } = this;
    this.removals.length = 0;
    return items;
  }
}
