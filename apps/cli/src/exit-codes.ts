/** Exit codes, for scripts. */
export const EXIT = {
  done: 0,
  /** Some photos failed; for `verify`: the receipt is not valid. */
  failed: 1,
  /** Invalid command line, or a missing file. Nothing was sent. */
  usage: 2,
  /** The service is unreachable or rejects the key. Run the command again to continue. */
  service: 3,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
  /** 128 + SIGTERM. */
  terminated: 143,
} as const;

/** An error that the user can fix. Its message is shown without a stack trace. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.usage,
  ) {
    super(message);
  }
}
