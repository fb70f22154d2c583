/** How the command line ends, for scripts. */
export const EXIT = {
  done: 0,
  /** Some images came to nothing; of `verify`: the receipt is not valid. */
  failed: 1,
  /** The command was not understood, or a file that it names is not there. Nothing was sent. */
  usage: 2,
  /** The service cannot be reached, or refuses the key. Run again to go on. */
  service: 3,
  /** Ctrl-C: 128 and the number of SIGINT. */
  interrupted: 130,
  /** 128 and the number of SIGTERM. */
  terminated: 143,
} as const;

/** What its reader can mend: shown as a plain message, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.usage,
  ) {
    super(message);
  }
}
