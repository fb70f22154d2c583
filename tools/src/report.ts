/** Exit status of an application that cannot start with its settings (EX_CONFIG of sysexits.h). */
export const EXIT_CONFIG = 78;

/** Exit status of a wrong command line. */
export const EXIT_USAGE = 2;

/** An error that the user can fix: shown as its message, without a stack. */
export class ToolError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** Prints one line. */
export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** A duration for people: `42 ms`, `3.1 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/**
 * Runs the body of a command and sets the exit status that it resolves to (0 without one). Errors of the output are
 * ignored, so that a closed terminal does not interrupt the clean-up.
 */
export async function runCommand(body: () => Promise<number | undefined>): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    process.exitCode = error instanceof ToolError ? error.exitCode : 1;
    process.stderr.write(`${describe(error)}\n`);
  }
}

/** The message of a ToolError, the stack of any other error. */
export function describe(error: unknown): string {
  if (error instanceof ToolError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
