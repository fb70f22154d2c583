/** What the line has to know of an image. */
export interface LineMember {
  readonly id: number;
  /** Its deadline has passed: whatever it is in is put down for it. */
  readonly overdue: boolean;
  /** Its caller has the answer already. */
  readonly settled: boolean;
}

/** What became of the images that were in an engine when it ended. */
export interface Wreck<T> {
  /** All that were inside. */
  inside: T[];
  /** Those whose deadline or caller the engine was put down for, and one that it certainly died of by itself. */
  culprits: T[];
}

/**
 * Images on their way through an engine, first come first served: those that wait and those inside. It decides who
 * goes in next and, when an engine ends, who was to blame. Images that were only in bad company go back to the
 * front. When an engine dies by itself with several inside, all of them are suspects: each goes in alone, before
 * everybody else, until it has come through or has been convicted.
 */
export class EngineQueue<T extends LineMember> {
  readonly #inside = new Map<number, T>();
  readonly #suspects = new Set<T>();
  #waiting: T[] = [];

  /** True when nobody waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** True when nobody is inside. */
  get isVacant(): boolean {
    return this.#inside.size === 0;
  }

  /** The one that is inside, when it is alone there. */
  get onlyOne(): T | undefined {
    return this.#inside.size === 1 ? [...this.#inside.values()][0] : undefined;
  }

  /** The image of that id, if it is inside. */
  inside(id: number): T | undefined {
    return this.#inside.get(id);
  }

  /** Takes a place at the end. */
  join(member: T): void {
    this.#waiting.push(member);
  }

  /** Lets the next one in, if there is one and an engine that holds `capacity` images has room for it. */
  admit(capacity: number): T | undefined {
    const [next] = this.#waiting;
    if (next === undefined) return undefined;
    const room = this.#suspects.has(next) ? 1 : capacity;
    const company = [...this.#inside.values()];
    if (company.length >= room || company.some((member) => this.#suspects.has(member))) return undefined;
    this.#waiting.shift();
    this.#inside.set(next.id, next);
    return next;
  }

  /** The engine is done with an image: it is no longer inside, and above suspicion. */
  finish(member: T): void {
    this.#inside.delete(member.id);
    this.#suspects.delete(member);
  }

  /** One that waits leaves. False when it does not wait. */
  withdraw(member: T): boolean {
    const place = this.#waiting.indexOf(member);
    if (place < 0) return false;
    this.#waiting.splice(place, 1);
    this.#suspects.delete(member);
    return true;
  }

  /** The engine has ended. @param wasPutDown by us, for an image that is overdue or no longer wanted */
  collapse(wasPutDown: boolean): Wreck<T> {
    const inside = [...this.#inside.values()];
    this.#inside.clear();
    const known = inside.filter(({ overdue, settled }) => overdue || settled);
    const explained = wasPutDown || known.length > 0;
    const culprits = explained || inside.length > 1 ? known : inside;
    const others = inside.filter((member) => !culprits.includes(member));
    for (const culprit of culprits) this.#suspects.delete(culprit);
    if (!explained) for (const other of others) this.#suspects.add(other);
    this.#waiting = [...others, ...this.#waiting];
    return { inside, culprits };
  }

  /** Everybody who waits leaves. */
  disperse(): T[] {
    this.#suspects.clear();
    return this.#waiting.splice(0);
  }

  /** Everybody inside leaves. */
  evacuate(): T[] {
    const inside = [...this.#inside.values()];
    this.#inside.clear();
    return inside;
  }
}
