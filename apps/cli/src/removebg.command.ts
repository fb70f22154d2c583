import { VERSION } from '#contracts/version.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { readArguments, type Arguments } from './argument-reader.js';
import { auditCommand } from './audit.command.js';
import { batchCommand } from './batch.command.js';
import { completionScript } from './completion-scripts.js';
import { CommandError, EXIT } from './exit-codes.js';
import { FLAGS } from './flag-table.js';
import { helpText, SHORT_HELP } from './help-text.js';
import { removeCommand } from './remove.command.js';
import { reasonOf } from './run-report.js';
import { keyOf, serverOf } from './run-settings.js';
import { listModels } from './service-check.js';
import { verifyCommand } from './verify.command.js';

/** A signal asked this process to exit. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

/** The terminal and a parent such as npm may both forward one Ctrl-C. A second Ctrl-C comes later than this. */
const DUPLICATE_SIGNAL_MS = 500;

/** Aborts on the first signal, which cancels the jobs at the service. A second signal exits at once. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  const signals = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated };
  for (const [signal, exitCode] of Object.entries(signals)) {
    process.on(signal, () => {
      if (!controller.signal.aborted) {
        abortedAt = performance.now();
        process.stderr.write('\nCancelling… Press Ctrl-C again to quit now.\n');
        controller.abort(new Interrupted(exitCode));
      } else if (performance.now() - abortedAt > DUPLICATE_SIGNAL_MS) process.exit(exitCode);
    });
  }
  return controller.signal;
}

async function main(argv: readonly string[]): Promise<number> {
  const { stdout, env } = process;
  // The audit parses its own options.
  if (argv[0] === 'audit') return auditCommand(argv.slice(1), env);
  const args = readArguments(argv, FLAGS);
  // Hides the key from the process list, which other users can read.
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
  else if (command === 'mcp') {
    isRunning = true;
    // Loaded for this command only: the packages of the protocol are large.
    const { mcpCommand } = await import('./mcp.command.js');
    return mcpCommand(args, process, abortOnSignals());
  } else {
    isRunning = true;
    const run = command === 'batch' ? batchCommand : removeCommand;
    return run(args, process, abortOnSignals());
  }
  return EXIT.done;
}

async function modelsCommand(args: Arguments, env: NodeJS.ProcessEnv): Promise<string> {
  return listModels(serverOf(args, env), { key: await keyOf(args, env), signal: abortOnSignals() });
}

/** Message and exit code of an error. */
function messageAndCode(error: unknown): [message: string, exitCode: number] {
  if (error instanceof Interrupted) return ['', error.exitCode];
  if (error instanceof CommandError) return [error.message, error.exitCode];
  if (error instanceof RemoveBgError) {
    const lost = 'The connection to the service was lost. Run the same command again to continue.';
    return [error.code === 'connection-lost' ? lost : reasonOf(error), EXIT.service];
  }
  return [reasonOf(error), EXIT.failed];
}

/** True while photos may be at the service. */
let isRunning = false;

// The reader closed the pipe, as in `removebg --help | head`. A run is cancelled as by a signal.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (isRunning) process.kill(process.pid, 'SIGTERM');
  else process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed);
});
process.stderr.on('error', () => undefined);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const [message, exitCode] = messageAndCode(error);
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
