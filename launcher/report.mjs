/** A problem that its reader can mend: shown as one plain message, without a stack. */
export class LauncherError extends Error {
  /**
   * @param {string} message what is missing or wrong, and what to do about it
   * @param {number} [exitCode] exit status of the launcher
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Prints one line.
 * @param {string} line
 */
export const say = (line) => {
  process.stdout.write(`${line}\n`);
};

/**
 * A duration for people: `42 ms`, `3.1 s`, `2 min 5 s`.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/**
 * Runs the body of a command. What its reader can mend ends it with a plain message, anything else with a
 * stack. Output to a terminal that is gone must not end the clean-up, so such errors are dropped.
 * @param {() => Promise<number | void>} body resolves to the exit status, if other than 0
 */
export async function runCommand(body) {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    process.exitCode = error instanceof LauncherError ? error.exitCode : 1;
    process.stderr.write(`${describe(error)}\n`);
  }
}

/**
 * @param {unknown} error
 * @returns {string} the message of an expected problem, the stack of any other
 */
export function describe(error) {
  if (error instanceof LauncherError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
