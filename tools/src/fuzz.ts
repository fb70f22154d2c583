/** `npm run fuzz -- [TARGET] [--seconds N]`: fuzzes the parsers of untrusted input. */
import { readArguments } from './arguments.js';
import { inRoot } from './paths.js';
import { runNode } from './processes.js';
import { EXIT_USAGE, runCommand, ToolError } from './report.js';

const TARGETS = ['guard', 'decoder', 'multipart', 'urlencoded', 'json', 'base64', 'options', 'geometry'];
const DEFAULT_SECONDS = '60';
/** Time for the start of Jest, beyond the time of the targets. */
const EXTRA_MS = 120_000;

await runCommand(async () => {
  const { values, positionals } = readArguments({ seconds: { type: 'string' } }, { hasPositionals: true });
  const seconds = String(values['seconds'] ?? DEFAULT_SECONDS);
  const [target, ...more] = positionals;
  if (more.length > 0 || (target !== undefined && !TARGETS.includes(target)))
    throw new ToolError(`TARGET must be one of ${TARGETS.join(', ')}.`, EXIT_USAGE);
  if (!/^[1-9]\d{0,5}$/.test(seconds))
    throw new ToolError('--seconds must be a whole number from 1 to 999,999.', EXIT_USAGE);
  const jest = inRoot('node_modules', 'jest', 'bin', 'jest.js');
  const { ok } = await runNode([jest, '--ci', 'test/hostile/fuzz.test.ts'], {
    env: {
      ...process.env,
      FUZZ_SECONDS: seconds,
      ...(target !== undefined && { FUZZ_TARGET: target }),
    },
    limitMs: Number(seconds) * 1000 * TARGETS.length + EXTRA_MS,
  });
  return ok ? 0 : 1;
});
