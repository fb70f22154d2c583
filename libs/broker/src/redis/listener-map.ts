/**
 * Listeners by key. A single listener of a key is stored without a set: ten thousand sets of one would take megabytes.
 */
export class ListenerMap<L extends (...args: never[]) => void> {
  private readonly map = new Map<string, L | Set<L>>();

  /** Number of keys with listeners. */
  get size(): number {
    return this.map.size;
  }

  /** Keys with listeners. */
  keys(): string[] {
    return [...this.map.keys()];
  }

  /** Adds a listener. True when it is the first of its key. */
  add(key: string, listener: L): boolean {
    const before = this.map.get(key);
    if (before === undefined) this.map.set(key, listener);
    else if (before instanceof Set) before.add(listener);
    else this.map.set(key, new Set([before, listener]));
    return before === undefined;
  }

  /** Removes a listener. True when it was the last of its key. */
  remove(key: string, listener: L): boolean {
    const before = this.map.get(key);
    if (before instanceof Set) {
      const removed = before.delete(listener);
      if (!removed || before.size > 0) return false;
    } else if (before !== listener) {
      return false;
    }
    return this.map.delete(key);
  }

  /** A snapshot of the listeners of one key. */
  of(key: string): readonly L[] {
    const found = this.map.get(key);
    if (found === undefined) return [];
    return found instanceof Set ? [...found] : [found];
  }
}
