import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Bill {
  bomFormat: string;
  metadata: { component: { name: string; version: string } };
  components: { name: string; version: string; purl: string }[];
}

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'release-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A fresh clone of what is committed, and a release made in it, in its own surroundings. */
function release(name: string, env: NodeJS.ProcessEnv): string {
  const clone = join(folder, name);
  execFileSync('git', ['clone', '--quiet', '--local', '.', clone]);
  const out = join(folder, `${name}-out`);
  const script = resolve('dist/tools/src/release.js');
  execFileSync(
    'sh',
    ['-c', 'umask $1; shift; exec "$@"', 'sh', env['MASK'] ?? '022', process.execPath, script, out],
    {
      cwd: clone,
      env: { ...process.env, ...env },
      stdio: 'pipe',
    },
  );
  return out;
}

const named = (out: string, file: string): string => readFileSync(join(out, file), 'latin1');

test('given one commit, when it is released twice in different surroundings, then every byte is the same', () => {
  const first = release('first', { TZ: 'UTC', LANG: 'C' });
  const second = release('second', { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8', MASK: '077' });
  const files = readdirSync(first).sort();
  expect(files).toEqual([
    'SHA256SUMS',
    'package-lock.json',
    'provenance.json',
    'removebg-bd-0.1.0.tgz',
    'sbom.cdx.json',
  ]);
  expect(readdirSync(second).sort()).toEqual(files);
  for (const file of files) expect([file, named(second, file) === named(first, file)]).toEqual([file, true]);
  // sha256sum can check it.
  expect(spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: first }).status).toBe(0);

  const entries = execFileSync('tar', ['-tzf', join(first, 'removebg-bd-0.1.0.tgz')], {
    encoding: 'utf8',
  }).split('\n');
  for (const needed of ['tools/bootstrap.mjs', 'apps/api/src/main.ts', 'redis.conf', 'LICENSE'])
    expect(entries).toContain(`package/${needed}`);
  expect(
    entries.filter((entry) => /\/(test|bench|node_modules|dist|\.cache|secrets|keys|tls)\//.test(entry)),
  ).toEqual([]);
}, 120_000);

test('given the bill of materials, when it is compared with the lock file, then it names what production installs', () => {
  const bill = JSON.parse(named(join(folder, 'first-out'), 'sbom.cdx.json')) as Bill;
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'removebg-bd' } } });
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const listed = new Map(bill.components.map(({ purl }) => [purl, true]));
  const purl = ([name, version]: [string, string]): string =>
    `pkg:npm/${name.replace('@', '%40')}@${version}`;
  for (const entry of Object.entries(dependencies!))
    expect([entry, listed.has(purl(entry))]).toEqual([entry, true]);
  for (const name of ['jest', 'prettier', 'eslint'])
    expect(listed.has(purl([name, devDependencies![name]!]))).toBe(false);
});

test('given something that is not committed, when a release is made, then it is refused', () => {
  const clone = join(folder, 'first');
  writeFileSync(join(clone, 'redis.conf'), 'changed');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('dist/tools/src/release.js'), join(folder, 'none')],
    {
      cwd: clone,
      encoding: 'utf8',
    },
  );
  expect([status === 0, `${stdout}${stderr}`]).toEqual([
    false,
    expect.stringContaining('Not everything is committed'),
  ]);
});
