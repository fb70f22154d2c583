import type fc from 'fast-check';

/** What is fuzzed: inputs of a kind, and what must hold for each of them. */
export interface FuzzTarget<T = unknown> {
  /** What it is called on the command line. */
  name: string;
  inputs: fc.Arbitrary<T>;
  /** @throws Error when something does not hold */
  holds: (input: T) => Promise<void> | void;
}

/** A target with the type of its inputs forgotten, so that targets can stand in one list. */
export const target = <T>(told: FuzzTarget<T>): FuzzTarget => ({
  ...told,
  holds: (input) => told.holds(input as T),
});
