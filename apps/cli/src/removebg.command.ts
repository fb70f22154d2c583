import { RemoveBgError } from '#sdk/removebg-error.js';
import { readArguments, type Arguments } from './argument-reader.js';
import { auditCommand } from './audit.command.js';
import { completionScript } from './completion-scripts.js';
import { CommandError, EXIT } from './exit-codes.js';
import { FLAGS } from './flag-table.js';
import { helpText, SHORT_HELP } from './help-text.js';
import { removeCommand } from './remove.command.js';
import { reasonOf } from './run-report.js';
import { keyOf, serverOf } from './run-settings.js';
import { listModels } from './service-reach.js';
import { verifyCommand } from './verify.command.js';
import { VERSION } from './version.js';

/** A signal asked this process to end. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

/** Both the terminal and a parent such as npm may send one Ctrl-C: only what comes later is a second one. */
const SAME_SIGNAL_MS = 500;

/** Aborts at the first signal, so that jobs at the service are cancelled; a second one ends the process at once. */
function leaveAtSignals(): AbortSignal {
  const leaving = new AbortController();
  let at = 0;
  const signals = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated };
  for (const [signal, exitCode] of Object.entries(signals)) {
    process.on(signal, () => {
      if (!leaving.signal.aborted) {
        at = performance.now();
        process.stderr.write('\nCancelling… Press Ctrl-C again to quit now.\n');
        leaving.abort(new Interrupted(exitCode));
      } else if (performance.now() - at > SAME_SIGNAL_MS) process.exit(exitCode);
    });
  }
  return leaving.signal;
}

async function main(argv: readonly string[]): Promise<number> {
  const { stdout, env } = process;
  // The audit has options of its own.
  if (argv[0] === 'audit') return auditCommand(argv.slice(1), env);
  const args = readArguments(argv, FLAGS);
  // Other users see the arguments of processes; a key among them is written over.
  if (args.values.has('key')) process.title = 'removebg';
  const [command] = args.words;
  if (argv.includes('-h')) stdout.write(`${SHORT_HELP}\n`);
  else if (args.values.get('help') === true || command === 'help')
    stdout.write(`${helpText(stdout.columns || 80)}\n`);
  else if (args.values.get('version') === true) stdout.write(`${VERSION}\n`);
  else if (command === undefined) throw new CommandError(SHORT_HELP);
  else if (command === 'completion') stdout.write(completionScript(args.words[1]));
  else if (command === 'models') stdout.write(await modelsCommand(args, env));
  else if (command === 'verify') return verifyCommand(args, process);
  else {
    isRunning = true;
    return removeCommand(args, process, leaveAtSignals());
  }
  return EXIT.done;
}

async function modelsCommand(args: Arguments, env: NodeJS.ProcessEnv): Promise<string> {
  return listModels(serverOf(args, env), { key: await keyOf(args, env), signal: leaveAtSignals() });
}

/** What is said of an error, and how the process ends. */
function ending(error: unknown): [message: string, exitCode: number] {
  if (error instanceof Interrupted) return ['', error.exitCode];
  if (error instanceof CommandError) return [error.message, error.exitCode];
  if (error instanceof RemoveBgError) {
    const lost = 'The connection to the service was lost. Run the same command again to continue.';
    return [error.code === 'connection-lost' ? lost : reasonOf(error), EXIT.service];
  }
  return [reasonOf(error), EXIT.failed];
}

/** Set while something may be at the service. */
let isRunning = false;

// Whoever reads our output may have read enough: `removebg --help | head`. A run is ended as by a signal.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (isRunning) process.kill(process.pid, 'SIGTERM');
  else process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed);
});
process.stderr.on('error', () => undefined);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const [message, exitCode] = ending(error);
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
