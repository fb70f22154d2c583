import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { removebg, startCommand } from '../harness/command-line.js';
import { CuttingProxy } from '../harness/cutting-proxy.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually, pause } from '../harness/eventually.js';
import { KeyFiles } from '../harness/key-files.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const folder = mkdtempSync(join(tmpdir(), 'removebg-cli-'));
const at = (...parts: string[]): string => join(folder, ...parts);
const keys = new KeyFiles();
keys.create('standard');
const { system } = useLightSystem({ KEYS_FILE: keys.path });
let proxy: CuttingProxy;

jest.setTimeout(120_000);
beforeAll(async () => {
  const photo = smallPhoto();
  mkdirSync(at('in', 'deep'), { recursive: true });
  for (const name of ['a.jpg', 'deep/b.jpg']) writeFileSync(at('in', name), photo);
  writeFileSync(at('in', 'broken.jpg'), Buffer.concat([photo.subarray(0, 4000), Buffer.alloc(4000, 9)]));
  writeFileSync(at('photo.jpg'), photo);
  proxy = await CuttingProxy.start(system.url);
});
afterAll(async () => {
  await proxy.stop();
  keys.remove();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void proxy.passages.splice(0));

const server = (): string[] => ['--server', proxy.url];
const submissions = () => proxy.of('POST', /\/jobs/);

describe('given one photo', () => {
  it('when it is processed, then the result is next to it and its receipt can be verified', async () => {
    const { code, stdout, stderr } = await removebg([
      at('photo.jpg'),
      '--receipts',
      at('receipts'),
      ...['--min-confidence', '0'],
      ...server(),
    ]);
    expect([code, stdout.length]).toEqual([0, 0]);
    expect(stderr).toBe(`done    ${at('photo.jpg')} -> ${at('photo-cutout.png')}\n`);
    const { width, hasAlpha, format } = await sharp(readFileSync(at('photo-cutout.png'))).metadata();
    expect([width, hasAlpha, format]).toEqual([300, true, 'png']);
    const receipt = at('receipts', 'photo.jws');
    const valid = await removebg(['verify', receipt, ...server()]);
    expect([valid.code, valid.stdout.toString()]).toEqual([
      0,
      expect.stringMatching(/^VALID .*\n {2}issuer/),
    ]);
    const changed = Buffer.from(readFileSync(receipt, 'utf8').replace(/^e/, 'f'));
    const invalid = await removebg(['verify', '-', '--json', ...server()], { input: changed });
    expect([invalid.code, invalid.lines]).toEqual([1, [expect.objectContaining({ valid: false })]]);
    expect((await removebg(['verify', at('none.jws'), ...server()])).code).toBe(2);
    await nothingRemains(system);
  });

  it('when it comes through a pipe, then only the cutout is written to the standard output', async () => {
    const input = readFileSync(at('photo.jpg'));
    const { code, stdout, stderr } = await removebg(['-', '--format', 'webp', '--quiet', ...server()], {
      input,
    });
    expect([code, stderr]).toEqual([0, '']);
    expect((await sharp(stdout).metadata()).format).toBe('webp');
  });

  it('when the key is an argument, then it is hidden from the process list; an invalid key exits with 3', async () => {
    const key = 'rb_a-key-that-nobody-should-see';
    proxy.holdAll = true;
    const running = startCommand([at('photo.jpg'), '--overwrite', '--key', key, ...server()]);
    await eventually(() => proxy.passages.length > 0, 30_000);
    expect(readFileSync(`/proc/${running.child.pid!}/cmdline`, 'latin1')).not.toContain(key);
    proxy.release();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining('(key-invalid)')]);
    expect(stderr).not.toContain(key);
  });
});

describe('given a folder of photos', () => {
  it('when their confidence is below the minimum, then they are written, listed at the end, and the exit code is 0', async () => {
    const run = [at('in/**/[ab].jpg'), '--out', at('doubtful'), '--min-confidence', '1', ...server()];
    const { code, stderr } = await removebg(run);
    expect(code).toBe(0);
    expect(stderr).toMatch(/2 done in .*\nCheck these results:\n( {2}.*doubtful.*\.png \(0\.\d\d.*\)\n){2}$/);
    expect(existsSync(at('doubtful', 'a.png'))).toBe(true);
  });

  it('when it is processed twice, then the second run only processes what is missing', async () => {
    const run = [at('in/**/*.jpg'), '--out', at('out'), '--json', ...server()];
    const first = await removebg(run);
    const short = first.lines.map(({ photo, status, code }) => [
      String(photo).slice(at('in').length + 1),
      status,
      code,
    ]);
    expect(first.code).toBe(1);
    expect(short.slice(0, -1).sort()).toEqual([
      ['a.jpg', 'done', undefined],
      ['broken.jpg', 'failed', 'image-truncated'],
      ['deep/b.jpg', 'done', undefined],
    ]);
    expect(first.lines.at(-1)).toMatchObject({ status: 'summary', total: 3, done: 2, skipped: 0, failed: 1 });
    expect(readdirSync(at('out'), { recursive: true }).sort()).toEqual([
      ...['.removebg.jsonl', 'a.png', 'deep', 'deep/.removebg.jsonl', 'deep/b.png'],
    ]);
    expect(first.stderr).toContain('failed ');
    const confidences = first.lines.flatMap(({ confidence }) => confidence ?? []);
    expect(confidences).toEqual([expect.any(Number), expect.any(Number)]);

    // A killed run can leave a draft without a result.
    rmSync(at('out', 'a.png'));
    writeFileSync(at('out', '.a.png.1.part'), 'half of it');
    proxy.passages.splice(0);
    const second = await removebg(run);
    expect(second.lines.at(-1)).toMatchObject({ total: 3, done: 1, skipped: 1, failed: 1 });
    expect(submissions()).toHaveLength(2);
    expect((await sharp(readFileSync(at('out', 'a.png'))).metadata()).width).toBe(300);

    // A changed option replaces the result, unless the file was edited.
    writeFileSync(at('out', 'a.png'), 'retouched');
    const third = await removebg([...run, '--bg-color', 'white']);
    expect(third.lines.find(({ status }) => status === 'skipped')).toMatchObject({ reason: 'exists' });
    expect(third.lines.at(-1)).toMatchObject({ total: 3, done: 1, skipped: 1, failed: 1 });
    expect(third.stderr).toContain('may have been made with other options');
    expect((await sharp(readFileSync(at('out', 'deep', 'b.png'))).stats()).isOpaque).toBe(true);
    await nothingRemains(system);
  });

  it('when Ctrl-C is pressed, then the jobs are cancelled, the exit code is 130, and there is no partial file', async () => {
    for (const name of ['c', 'd']) cpSync(at('photo.jpg'), at('in', `${name}.jpg`));
    await whileHeld(system.workers[0]!, async () => {
      const running = startCommand([at('in'), '--out', at('left'), ...server()]);
      await eventually(() => submissions().filter(({ status }) => status === 202).length >= 3, 60_000);
      running.child.kill('SIGINT');
      const { code, stderr } = await running.ended;
      expect([code, stderr]).toEqual([130, expect.stringContaining('again to quit now')]);
      expect(proxy.of('DELETE', /batches/).map(({ status }) => status)).toEqual([204]);
    });
    expect(existsSync(at('left'))).toBe(false);
    await nothingRemains(system);
  });

  it('when Ctrl-C is pressed twice, then it exits at once', async () => {
    await whileHeld(system.workers[0]!, async () => {
      const running = startCommand([at('photo.jpg'), '-o', at('never.png'), ...server()]);
      await eventually(() => submissions().some(({ status }) => status === 202), 60_000);
      proxy.holdAll = true;
      running.child.kill('SIGINT');
      await eventually(() => running.said().includes('again to quit'), 30_000);
      await pause(600);
      running.child.kill('SIGINT');
      expect((await running.ended).code).toBe(130);
      proxy.release();
    });
    await nothingRemains(system);
  });
});

describe('given an invalid command', () => {
  it.each([
    [['--formt', 'png'], 'Did you mean --format?'],
    [['test/photos', '--bg-color', 'blu'], '--bg-color must be'],
    [['no-such.jpg'], 'There is no file or folder no-such.jpg'],
    [[], 'removebg --help'],
    [['completion', 'tcsh'], 'bash|zsh|fish'],
    [['test/photos/coffee.jpg', '-o', 'x.gif'], 'cannot be a .gif file'],
    [['test/photos', 'no-such-folder'], 'Did you mean: removebg test/photos --out no-such-folder'],
    [['test/photos/*.gif'], 'No photo'],
    [['test/photos', '--out', 'test/photos/'], 'a different folder'],
    [
      ['test/photos/coffee.jpg', '--out', 'test/photos/coffee.jpg', '--format', 'jpg'],
      'would overwrite the photo',
    ],
    [['test/photos/coffee.jpg', '--out', '-', '--json'], 'both go to the standard output'],
  ])('when it is %j, then it exits with 2, says what to do, and sends nothing', async (args, text) => {
    const { code, stderr } = await removebg([...args, ...server()]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    expect(proxy.passages).toEqual([]);
  });

  it('when the service does not have the model, then its models are listed and nothing is sent', async () => {
    const { code, stderr } = await removebg([at('photo.jpg'), '--model', 'isnett', ...server()]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^The service has no model of that name\. .*It has: /),
    ]);
    expect(submissions()).toEqual([]);
    const list = await removebg(['models', ...server()]);
    expect([list.code, list.stdout.toString()]).toEqual([0, expect.stringContaining('(default)')]);
  });

  it('when the address is not that of a service, then the error names it', async () => {
    const { code, stderr } = await removebg([at('photo.jpg'), '--server', `${proxy.url}/docs`]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${proxy.url}/docs is not the address of`)]);
  });

  it('when no service answers, then it exits with 3 and suggests --local', async () => {
    const { code, stderr } = await removebg([
      at('photo.jpg'),
      '--overwrite',
      '--server',
      'http://127.0.0.1:9',
    ]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('--local')]);
  });
});

test('given no service, when --local is used, then one is started for the run and stopped afterwards', async () => {
  const { code, stderr, lines } = await removebg(
    [at('photo.jpg'), '-o', at('local.png'), '--local', '--json'],
    {
      env: { LAYOUT: 'latency', REDIS_URL: '', STARTED_BY: folder },
    },
  );
  expect([code, stderr]).toEqual([0, expect.stringContaining('Starting the service')]);
  expect(lines[0]).toMatchObject({ status: 'done', width: 300 });
  const own = readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`STARTED_BY=${folder}`)
      );
    } catch {
      return false;
    }
  });
  expect(own).toEqual([]);
}, 240_000);
