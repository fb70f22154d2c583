import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { openApiDocument } from '../../tools/src/openapi-document.js';
import { blocksOf, classOf, docPages } from '../harness/doc-blocks.js';
import { CuttingProxy } from '../harness/cutting-proxy.js';
import { eventually } from '../harness/eventually.js';
import { KeyFiles } from '../harness/key-files.js';
import { asOpenApi30 } from '../harness/openapi-3-0.js';
import { smallPhoto } from '../harness/small-photo.js';
import { nothingRemains } from '../harness/traces.js';
import { useLightSystem } from '../harness/use-system.js';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const PACKAGE = resolve('clients/python');
const GENERATOR = resolve('node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar');
const FIXTURES = resolve('test/harness/generated');

const files = new KeyFiles();
files.create('standard');
const { system } = useLightSystem({ KEYS_FILE: files.path, RATE_LIMIT: 'off' });
const folder = mkdtempSync(join(tmpdir(), 'removebg-clients-'));
const photo = join(folder, 'photo.jpg');
const large = join(folder, 'large.jpg');

jest.setTimeout(240_000);
beforeAll(async () => {
  writeFileSync(photo, smallPhoto());
  await sharp(smallPhoto()).resize(2400, 1800, { fit: 'fill' }).jpeg().toFile(large);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  files.remove();
});

/** Environment of Python: the sources of the package, and no byte code beside them. */
const pythonEnv = (server = system.url): NodeJS.ProcessEnv => ({
  ...process.env,
  ...{ PYTHONPATH: join(PACKAGE, 'src'), PYTHONDONTWRITEBYTECODE: '1' },
  ...{ REMOVEBG_SERVER: server, REMOVEBG_KEY: '', PHOTO: photo, LARGE_PHOTO: large },
});

const python = (args: string[]) => run(PYTHON, args, { cwd: PACKAGE, env: pythonEnv(), timeout: 200_000 });

/** The Python blocks of the documentation, by their place. */
const examples = docPages().flatMap((page) =>
  blocksOf(page)
    .filter((block) => classOf(block) === 'python')
    .map(({ line, text }): [string, string] => [`${page}:${line}`, text]),
);

describe('given the Python client', () => {
  afterEach(() => nothingRemains(system));

  it.each(examples)('when the example at %s is pasted, then it works', async (_, text) => {
    const cwd = mkdtempSync(join(folder, 'example-'));
    for (const name of ['photo.jpg', 'studio.jpg', 'in/a.jpg', 'in/deep/b.jpg']) {
      mkdirSync(join(cwd, name, '..'), { recursive: true });
      writeFileSync(join(cwd, name), smallPhoto());
    }
    const program = text.replaceAll('http://127.0.0.1:3000', system.url);
    await run(PYTHON, ['-c', program], { cwd, env: pythonEnv(), timeout: 60_000 });
  });

  it('when its own tests are run against the service, then they pass', async () => {
    const { stderr } = await python(['-W', 'error::ResourceWarning', '-m', 'unittest', 'discover', 'tests']);
    expect(stderr).toMatch(/^OK$/m);
    expect(stderr).not.toMatch(/ResourceWarning|skipped/);
  });

  it('when mypy checks it, then its types are complete and strict', async () => {
    const cache = join(folder, 'mypy');
    const { stdout } = await run('mypy', ['--config-file', 'pyproject.toml', '--cache-dir', cache], {
      cwd: PACKAGE,
    });
    expect(stdout).toMatch(/^Success/);
  });

  it('when it is built, then both files of the package have all modules and their types', async () => {
    const copy = join(folder, 'package');
    cpSync(PACKAGE, copy, { recursive: true });
    const build = 'import setuptools.build_meta as b; print(b.build_sdist("out"), b.build_wheel("out"))';
    await run(PYTHON, ['-c', build], { cwd: copy });
    const [sdist = '', wheel = ''] = readdirSync(join(copy, 'out')).sort();
    expect([sdist, wheel]).toEqual(['removebg-bd-0.1.0.tar.gz', 'removebg_bd-0.1.0-py3-none-any.whl']);
    const names = execFileSync(PYTHON, ['-m', 'zipfile', '-l', join(copy, 'out', wheel)], {
      encoding: 'utf8',
    });
    const modules = readdirSync(join(PACKAGE, 'src/removebg_bd')).filter((name) => /py$|typed$/.test(name));
    for (const name of [...modules, 'entry_points.txt', 'LICENSE']) expect(names).toContain(name);
    expect(execFileSync('tar', ['-tzf', join(copy, 'out', sdist)], { encoding: 'utf8' })).toContain(
      'py.typed',
    );
    expect(readFileSync(join(PACKAGE, 'LICENSE'), 'utf8')).toBe(readFileSync('LICENSE', 'utf8'));
  });
});

describe('given a client that is generated from the OpenAPI document', () => {
  afterEach(() => nothingRemains(system));

  const generate = async (language: string, out: string, ...more: string[]): Promise<void> => {
    const document = join(folder, 'openapi.json');
    writeFileSync(document, asOpenApi30(openApiDocument()));
    await run('java', ['-jar', GENERATOR, 'generate', '-i', document, '-g', language, '-o', out, ...more], {
      maxBuffer: 2 ** 26,
    });
  };

  /** Both results of a try are images. */
  async function hasCutOut(out: string): Promise<void> {
    for (const [name, format] of [
      ['job.png', 'png'],
      ['batch.webp', 'webp'],
    ] as const) {
      const found = await sharp(readFileSync(join(out, name))).metadata();
      expect([found.format, found.width, found.hasAlpha]).toEqual([format, 300, true]);
    }
  }

  it('when it is in Go, then it compiles and cuts out a photo', async () => {
    const home = join(folder, 'go');
    await generate('go-experimental', join(home, 'src/removebg'), '--package-name', 'removebg');
    mkdirSync(join(home, 'src/try'));
    cpSync(join(FIXTURES, 'try.go.txt'), join(home, 'src/try/main.go'));
    const env = {
      ...process.env,
      GOPATH: `${home}:/usr/share/gocode`,
      GO111MODULE: 'off',
      GOCACHE: resolve('.cache/go'),
    };
    await run('go', ['build', '-o', join(home, 'run'), '.'], { cwd: join(home, 'src/try'), env });
    await run(join(home, 'run'), [system.url, photo, home]);
    await hasCutOut(home);
  });

  it('when it is in PHP, then every class loads and it cuts out a photo', async () => {
    const out = join(folder, 'php');
    await generate('php', out);
    const { stdout } = await run('php', [join(FIXTURES, 'try.php'), out, system.url, photo, out]);
    expect(stdout).toMatch(/^\d{2,} classes\n$/);
    await hasCutOut(out);
  });
});

// The last test: uploads that the killed API had not finished stay in memory until they expire.
describe('given the Python client and an API that is killed', () => {
  it('when it is started again in the middle of a batch, then every image comes once', async () => {
    const proxy = await CuttingProxy.start(system.url);
    const program = `
import os
from removebg_bd import Client
with Client(retry_delay=0.1) as client:
    for outcome in client.batch([os.environ["PHOTO"]] * 12, window=4):
        print(outcome.ok, flush=True)`;
    const child: ChildProcess = spawn(PYTHON, ['-c', program], { env: pythonEnv(proxy.url) });
    let output = '';
    child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise((resolve) => child.once('close', resolve));
    await eventually(() => output.includes('True'), 60_000);
    const [killed] = system.apis.splice(0);
    killed!.child.kill('SIGKILL');
    await killed!.exited;
    proxy.target = (await system.startApi()).url;
    expect(await ended).toBe(0);
    await proxy.stop();
    expect(output).toBe('True\n'.repeat(12));
  });
});
