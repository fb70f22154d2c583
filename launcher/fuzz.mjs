/** `npm run fuzz -- [TARGET] [--seconds N]`: mutates what strangers send until something breaks, or time is up. */
import { inRoot } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand, say } from './report.mjs';

const TARGETS = ['guard', 'decoder', 'multipart', 'urlencoded', 'json', 'base64', 'options', 'geometry'];
const USAGE = `usage: npm run fuzz -- [${TARGETS.join('|')}] [--seconds N]`;
const DEFAULT_SECONDS = 60;
const SPARE_MS = 120_000;

await runCommand(async () => {
  const args = process.argv.slice(2);
  const at = args.indexOf('--seconds');
  const [, seconds = String(DEFAULT_SECONDS)] = at === -1 ? [] : args.splice(at, 2);
  const [target] = args;
  const isKnown = args.length < 2 && (target === undefined || TARGETS.includes(target));
  if (!isKnown || !/^[1-9]\d{0,5}$/.test(seconds)) {
    say(USAGE);
    return 2;
  }
  const jest = inRoot('node_modules', 'jest', 'bin', 'jest.js');
  const { ok } = await performNode([jest, '--ci', 'test/hostile/fuzz.test.ts'], {
    env: {
      ...process.env,
      FUZZ_SECONDS: seconds,
      ...(target !== undefined && { FUZZ_TARGET: target }),
    },
    limitMs: Number(seconds) * 1000 * TARGETS.length + SPARE_MS,
  });
  return ok ? 0 : 1;
});
