import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { removebg, startCommand } from '../harness/command-line.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { StorageServer } from '../harness/storage-server.js';
import { nothingRemains } from '../harness/traces.js';
import { useLightSystem } from '../harness/use-system.js';

const EXPIRED = '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
const folder = mkdtempSync(join(tmpdir(), 'removebg-manifest-'));
const at = (...parts: string[]): string => join(folder, ...parts);
const { system } = useLightSystem({ RATE_LIMIT: 'off' });
let storage: StorageServer;
let photo: Buffer;

jest.setTimeout(180_000);
beforeAll(async () => {
  storage = await StorageServer.start();
  photo = await sharp(smallPhoto()).resize(48).jpeg().toBuffer();
  writeFileSync(at('photo.jpg'), photo);
  storage.objects.set('/photo.jpg', photo);
});
afterAll(async () => {
  await storage.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  storage.behaviors.clear();
  storage.arrivals.splice(0);
});
afterEach(() => nothingRemains(system));

type Line = Record<string, unknown>;

/** Writes a manifest and returns its path. */
function manifest(name: string, lines: object[]): string {
  writeFileSync(at(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return at(name);
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const resultsOf = (name: string): Line[] => linesOf(readFileSync(at(`${name}.results.jsonl`), 'utf8'));
const run = (...args: string[]) => removebg(['batch', ...args, '--server', system.url]);
const cutouts = (): number => system.output().match(/"event":"cutout"/g)?.length ?? 0;

describe('given a manifest of 200 images, half of them at addresses', () => {
  it('when the command is killed midway and run again, then each image has one result and one line', async () => {
    const before = cutouts();
    const path = manifest(
      'many.jsonl',
      Array.from({ length: 200 }, (_, number) => {
        const isFile = number % 2 === 0;
        return {
          custom_id: `photo-${number}`,
          input: isFile ? 'photo.jpg' : `${storage.url()}/photo.jpg`,
          output: isFile
            ? `many/${number}.png`
            : `${storage.url()}/many/${number}.png?signature=s&expires=9999999999`,
        };
      }),
    );
    const done = (): number => {
      const files = existsSync(at('many'))
        ? readdirSync(at('many')).filter((name) => name.endsWith('.png'))
        : [];
      return files.length + storage.objects.size;
    };
    const first = startCommand(['batch', path, '--server', system.url]);
    await eventually(() => done() >= 80, 60_000);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(done()).toBeLessThan(200);
    // As a kill in the middle of a write leaves it.
    writeFileSync(at('many.results.jsonl'), '{"custom_id":"photo-1', { flag: 'a' });
    expect(existsSync(at('.many.results.jsonl.state'))).toBe(true);

    const { code, stderr } = await run(path);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/incomplete[^]*\d+ done, \d+ skipped \(already done\)/),
    ]);
    const results = resultsOf('many');
    expect(results.map(({ custom_id: id }) => id).sort()).toEqual(
      Array.from({ length: 200 }, (_, number) => `photo-${number}`).sort(),
    );
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['done']));
    expect(new Set(results.map(({ job_id: id }) => id)).size).toBe(200);
    for (const { output, bytes } of results.filter((_, at) => at % 10 === 0)) {
      const text = String(output);
      const image = text.startsWith('http')
        ? storage.objects.get(new URL(text).pathname)
        : readFileSync(at(text));
      expect(image).toHaveLength(Number(bytes));
      expect((await sharp(image).metadata()).width).toBe(48);
    }
    // Only what was on its way in the killed process is processed or written once more: at most what it had in memory.
    expect(cutouts() - before).toBeGreaterThanOrEqual(200);
    expect(cutouts() - before).toBeLessThanOrEqual(200 + 16);
    const puts = storage.arrivals.filter(({ method }) => method === 'PUT');
    expect(new Set(puts.map(({ path: target }) => target)).size).toBe(100);
    expect(puts.length).toBeLessThanOrEqual(100 + 8);
    expect(readdirSync(folder).filter((name) => /state|lock/.test(name))).toEqual([]);
    expect(readdirSync(at('many')).filter((name) => !name.endsWith('.png'))).toEqual([]);

    const again = await run(path, '--json');
    expect([again.code, again.lines]).toEqual([
      0,
      [expect.objectContaining({ total: 200, done: 0, skipped: 200 })],
    ]);
  });
});

describe('given addresses that do not behave', () => {
  it('when they fail for a while, redirect, never end or refuse, then each has its own outcome and reason', async () => {
    const at127 = storage.url();
    const other = storage.url('localhost');
    const image = (id: string, input: string, output: string, more: object = {}) => ({
      ...{
        custom_id: id,
        input: `${at127}${input}`,
        output: `${at127}/results/${output}?X-Amz-Signature=secret`,
      },
      ...more,
    });
    storage.behaviors.set('PUT /results/busy.png', (response, nth) => {
      if (nth <= 2) response.writeHead(503, { 'retry-after': '0' }).end();
    });
    storage.behaviors.set('PUT /results/late.png', (response) => response.writeHead(403).end(EXPIRED));
    storage.behaviors.set('PUT /results/there.png', (response) => response.writeHead(412).end());
    storage.behaviors.set('GET /moved.jpg', (response) =>
      response.writeHead(302, { location: `${other}/photo.jpg` }).end(),
    );
    storage.behaviors.set('GET /circle.jpg', (response) =>
      response.writeHead(302, { location: '/circle.jpg' }).end(),
    );
    storage.behaviors.set('GET /dies.jpg', (response, nth) => {
      if (nth > 1) response.writeHead(200).end(photo);
      else
        response
          .writeHead(200, { 'content-length': 10_000 })
          .write(photo.subarray(0, 500), () => response.destroy());
    });
    storage.behaviors.set('GET /endless.jpg', (response) => {
      const piece = Buffer.alloc(1 << 20);
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more).writeHead(200);
      more();
    });
    const secret = { input_headers: { Authorization: 'Bearer secret' } };
    const path = manifest('odd.jsonl', [
      image('busy', '/photo.jpg', 'busy.png', { output_headers: { 'x-storage-class': 'cold' } }),
      image('late', '/photo.jpg', 'late.png'),
      image('there', '/photo.jpg', 'there.png', { output_headers: { 'If-None-Match': '*' } }),
      image('moved', '/moved.jpg', 'moved.jpg', secret),
      image('circle', '/circle.jpg', 'circle.png'),
      image('dies', '/dies.jpg', 'dies.webp'),
      image('endless', '/endless.jpg', 'endless.png'),
      image('none', '/none.jpg', 'none.png'),
    ]);
    const { code, stderr } = await run(path);
    const results = new Map(resultsOf('odd').map((line) => [line['custom_id'], line]));
    const failed = (reason: string, errorCode: string): object => ({
      ...{ status: 'failed', error: { code: errorCode, message: expect.stringContaining(reason) as string } },
    });
    expect(Object.fromEntries(results)).toMatchObject({
      busy: {
        status: 'done',
        output_attempts: 3,
        output: `${at127}/results/busy.png`,
      },
      late: failed('403 (AccessDenied: Request has expired): the address has expired', 'address-expired'),
      there: failed('412', 'output-exists'),
      moved: { status: 'done', format: 'jpg' },
      circle: failed('redirects more than 5 times', 'input-unavailable'),
      dies: { status: 'done', input_attempts: 2 },
      endless: failed('larger than 256 MiB', 'input-too-large'),
      none: failed('404', 'input-unavailable'),
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('3 done, 5 failed, 2 retried')]);
    expect(stderr + readFileSync(at('odd.results.jsonl'), 'utf8')).not.toContain('secret');
    const sent = storage.of('PUT', '/results/busy.png').at(-1)!.headers;
    expect(sent).toMatchObject({
      ...{ 'content-type': 'image/png', 'x-storage-class': 'cold' },
      'content-length': String(results.get('busy')!['bytes']),
    });
    expect(storage.of('GET', '/moved.jpg')[0]!.headers.authorization).toBe('Bearer secret');
    expect(storage.of('GET', '/photo.jpg').map(({ headers }) => headers.authorization)).not.toContain(
      'Bearer secret',
    );

    storage.behaviors.clear();
    storage.objects.set('/none.jpg', photo);
    const kept = await run(path);
    expect([kept.code, kept.stderr]).toEqual([
      1,
      expect.stringContaining('5 skipped (failed before; --retry-failed)'),
    ]);
    const retried = await run(path, '--retry-failed');
    expect([retried.code, retried.stderr]).toEqual([
      1,
      expect.stringContaining('3 done, 3 skipped (already done), 2 failed'),
    ]);
  });
});

/** Jobs whose upload is complete and that have not ended. */
async function uploadedJobs(): Promise<number> {
  const redis = system.inspector();
  const keys = (await system.keys()).filter((key) => key.endsWith(':job'));
  const states = await Promise.all(keys.map((key) => redis.hget(key, 'state')));
  redis.disconnect();
  return states.filter((state) => state === 'queued' || state === 'running').length;
}

describe('given a manifest under way', () => {
  it('when Ctrl-C is pressed, then its images are cancelled, and the next run does them', async () => {
    const path = manifest(
      'left.jsonl',
      ['a', 'b', 'c'].map((id) => ({ custom_id: id, input: 'photo.jpg', output: `left/${id}.png` })),
    );
    await whileHeld(system.workers[0]!, async () => {
      const running = startCommand(['batch', path, '--server', system.url]);
      await eventually(async () => (await uploadedJobs()) >= 3, 30_000);
      const other = await run(path);
      expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('Another run')]);
      running.child.kill('SIGINT');
      expect((await running.ended).code).toBe(130);
    });
    await nothingRemains(system);
    const { code, stderr } = await run(path, '--receipts', at('receipts'));
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^3 done(?:, \d retried)? in/m)]);
    expect(readdirSync(at('receipts')).sort()).toEqual(['a.jws', 'b.jws', 'c.jws']);
    expect((await removebg(['verify', at('receipts', 'a.jws'), '--server', system.url])).code).toBe(0);
  });

  it('when a line is edited, then it is noticed and done again; through a pipe, results go to the standard output', async () => {
    const line = { custom_id: 'a', input: 'photo.jpg', output: 'edited/a.png' };
    await run(manifest('edited.jsonl', [line]));
    const path = manifest('edited.jsonl', [{ ...line, options: { bg_color: 'red' } }]);
    const dry = await run(path, '--dry-run');
    expect([dry.code, dry.stdout.toString()]).toEqual([0, expect.stringContaining('1 of them changed')]);
    const { code, stderr } = await run(path);
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 line has changed and will be done again')]);
    expect((await sharp(readFileSync(at('edited', 'a.png'))).stats()).isOpaque).toBe(true);
    const input = Buffer.from(JSON.stringify({ ...line, input: at('photo.jpg'), output: at('piped.png') }));
    const piped = await removebg(['batch', '-', '--quiet', '--server', system.url], { input });
    expect([piped.code, piped.lines]).toEqual([
      0,
      [expect.objectContaining({ custom_id: 'a', status: 'done' })],
    ]);
  });
});
