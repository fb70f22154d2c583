/** `npm run fuzz -- [TARGET] [--seconds N]`: mutates what strangers send until something breaks, or time is up. */
import { EXIT_USAGE, readArguments } from './arguments.mjs';
import { inRoot } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand, say } from './report.mjs';

const TARGETS = ['guard', 'decoder', 'multipart', 'urlencoded', 'json', 'base64', 'options', 'geometry'];
const USAGE = `usage: npm run fuzz -- [${TARGETS.join('|')}] [--seconds N]`;
const DEFAULT_SECONDS = 60;
const SPARE_MS = 120_000;

await runCommand(async () => {
  const { values, positionals } = readArguments({ seconds: { type: 'string' } }, { positionals: true });
  if (values['help'] === true) return say(USAGE);
  const { seconds = String(DEFAULT_SECONDS) } = values;
  const [target] = positionals;
  const isKnown = positionals.length < 2 && (target === undefined || TARGETS.includes(target));
  if (!isKnown || !/^[1-9]\d{0,5}$/.test(String(seconds))) {
    say(USAGE);
    return EXIT_USAGE;
  }
  const jest = inRoot('node_modules', 'jest', 'bin', 'jest.js');
  const { ok } = await performNode([jest, '--ci', 'test/hostile/fuzz.test.ts'], {
    env: {
      ...process.env,
      FUZZ_SECONDS: String(seconds),
      ...(target !== undefined && { FUZZ_TARGET: target }),
    },
    limitMs: Number(seconds) * 1000 * TARGETS.length + SPARE_MS,
  });
  return ok ? 0 : 1;
});
