import type fc from 'fast-check';

/** What is fuzzed: inputs of a kind, and what must hold for each of them. */
export interface FuzzTarget<T = unknown> {
  /** What it is called on the command line. */
  name: string;
  inputs: fc.Arbitrary<T>;
  /** @throws Error when something does not hold */
  holds: (input: T) => Promise<void> | void;
}

/** A target without the type of its inputs, so that targets fit into one list. */
export const target = <T>(definition: FuzzTarget<T>): FuzzTarget => ({
  ...definition,
  holds: (input) => definition.holds(input as T),
});
