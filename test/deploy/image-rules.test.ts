import { readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';
import { Dockerfile } from '../harness/dockerfile.js';

const file = new Dockerfile();
/** What is built to be run; the other stages are gone by then. */
const IMAGES = ['api', 'worker', 'worker-cuda', 'redis', 'edge'];

test('given the Dockerfile, when it is linted, then there is nothing to say', () => {
  expect(
    validate(file.text).map(({ message, range: { start } }) => ({ line: start.line + 1, message })),
  ).toEqual([]);
});

test('given the base images, when a release names them with digests, then each of them can be', () => {
  const outside = file.stages.map(({ base }) => base).filter((base) => base !== 'scratch');
  const foreign = outside.filter((base) => !file.stages.some(({ name }) => name === base));
  expect(foreign.filter((base) => !/^\$\{(NODE|DEBIAN|CUDA)_IMAGE\}$/.test(base))).toEqual([]);
  // musl cannot overwrite what is freed.
  expect(file.text).not.toMatch(/^(ARG|FROM).*alpine/im);
});

test.each(IMAGES)(
  'given the image %s, when it is read, then it has no shell, no root and no way to write',
  (name) => {
    expect(file.stage(name).base).toBe('scratch');
    // Nothing is run in it while it is built, for there is nothing to run it with.
    expect(file.stage(name).instructions.filter(({ keyword }) => keyword === 'RUN')).toEqual([]);
    const { user, entrypoint, command, env } = file.settings(name);
    expect(user).toBe('10001:10001');
    const fileBytes = name === 'edge' ? 512 : 0;
    expect(entrypoint.slice(0, 3)).toEqual([
      '/usr/bin/prlimit',
      '--core=0:0',
      `--fsize=${fileBytes}:${fileBytes}`,
    ]);
    expect([entrypoint.length, command.length > 0]).toEqual([4, true]);
    // As contained.sh has it: what is freed is overwritten.
    const wiping = readFileSync('tools/contained.sh', 'utf8');
    const [tunable = ''] = name === 'redis' ? ['MALLOC_CONF'] : ['GLIBC_TUNABLES'];
    expect(wiping).toContain(`${tunable}=${env[tunable]}`);
    // No secret is baked in.
    expect(Object.keys(env).filter((key) => /KEY|TOKEN|PASS|SECRET|REDIS_URL/.test(key))).toEqual([]);
  },
);

test('given what is copied into images, when it is listed, then each entry is named, never a complete folder', () => {
  const sources = file.stages.flatMap(({ instructions }) =>
    instructions.filter(({ keyword, flags }) => keyword === 'COPY' && flags['from'] === undefined),
  );
  expect(
    sources.flatMap(({ args }) => args.slice(0, -1)).filter((source) => /^(\.|\/|\*)?$/.test(source)),
  ).toEqual([]);
  const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['.git', '.cache', 'node_modules', 'dist', 'tls', 'keys']));
});

test('given the stages that install system packages, when they are read, then no list of them stays and nothing more comes', () => {
  const installs = file.stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ keyword, text }) => keyword === 'RUN' && text.includes('apt-get'));
  expect(installs).toHaveLength(2);
  for (const { text } of installs)
    expect(text).toMatch(/--no-install-recommends .*rm -rf \/var\/lib\/apt\/lists\/\*$/);
});
