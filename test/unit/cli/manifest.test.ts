import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { RemoveBg } from '#sdk/removebg-client.js';
import { checkedSeparately } from '../../../apps/cli/src/image-options.js';
import { ManifestDelivery } from '../../../apps/cli/src/manifest-delivery.js';
import {
  jobOfLine,
  manifestLineSchema,
  type LineRules,
  type ManifestJob,
} from '../../../apps/cli/src/manifest-line.js';
import { expiryOf, identityOf, placeOf } from '../../../apps/cli/src/manifest-place.js';
import { planOf, type PlanRules } from '../../../apps/cli/src/manifest-plan.js';
import { openResults, readResults, type DoneLine } from '../../../apps/cli/src/manifest-results.js';
import { ManifestSource } from '../../../apps/cli/src/manifest-source.js';
import { ManifestState } from '../../../apps/cli/src/manifest-state.js';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);
const LINE = { custom_id: 'a', input: 'a.jpg', output: 'a.png' };
const NO_RESULTS = { byId: new Map(), isTorn: false };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'removebg-manifest-'));
  writeFileSync(at('a.jpg'), 'photo');
});
afterEach(() => rmSync(folder, { recursive: true }));

const rulesOf = (changes: Partial<LineRules> = {}): LineRules => ({
  ...{ folder, allowHttp: false, options: {} },
  ...changes,
});
const read = (line: object | string, changes?: Partial<LineRules>): ManifestJob | string[] =>
  jobOfLine(typeof line === 'string' ? line : JSON.stringify(line), 1, rulesOf(changes));
const jobOf = (line: object, changes?: Partial<LineRules>): ManifestJob => {
  const job = read(line, changes);
  if (Array.isArray(job)) throw new Error(job.join());
  return job;
};

async function plan(lines: object[], changes: Partial<PlanRules> = {}) {
  writeFileSync(at('jobs.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const source = await ManifestSource.open(at('jobs.jsonl'), process.stdin);
  return planOf(source, {
    ...{ lines: rulesOf(), earlier: NO_RESULTS, reserved: [at('jobs.jsonl')] },
    ...{ repetition: { overwrite: false, retryFailed: false }, ...changes },
  });
}

describe('given one line of a manifest', () => {
  it('when it is read, then options of the command line are defaults, and the name sets the format', () => {
    const job = jobOf(
      { ...LINE, options: { crop: true, bg_color: 'red' } },
      { options: { bg_color: 'blue' } },
    );
    expect(job).toMatchObject({
      ...{ customId: 'a', input: { kind: 'file', path: at('a.jpg') }, outputName: 'a.png' },
      options: { bg_color: 'red', crop: true },
    });
    expect(jobOf({ ...LINE, output: 'a.JPEG' }).options).toEqual({ format: 'jpg' });
    expect(jobOf({ ...LINE, output: 'https://x.example/k.webp?X-Amz-Signature=s' })).toMatchObject({
      ...{ options: { format: 'webp' }, outputName: 'https://x.example/k.webp' },
    });
    expect(jobOf({ ...LINE, options: { channels: 'alpha' } }).options).toMatchObject({ only: 'alpha' });
    // Options of the command line go together with those of the line, not with each other.
    const quality = { options: checkedSeparately({ quality: '80' }) };
    expect(jobOf({ ...LINE, output: 'a.jpg' }, quality).options).toEqual({ format: 'jpg', quality: 80 });
    expect(read(LINE, quality)).toEqual([expect.stringContaining('"quality" requires format=jpg')]);
    // A preset sets the format jpg: the request names the format of the file name.
    const amazon = { ...LINE, options: { preset: 'amazon' } };
    expect(jobOf(amazon).options).toEqual({ preset: 'amazon', format: 'png' });
    expect(jobOf({ ...amazon, output: 'https://x.example/put' }).options).toEqual({ preset: 'amazon' });
  });

  it.each<[object | string, string]>([
    ['{"custom_id"', 'is not valid JSON'],
    ['[', 'jq -c ".[]"'],
    ['3', 'is not a JSON object'],
    [{ input: 'a', output: 'b' }, 'custom_id is missing'],
    [{ ...LINE, custom_id: 'a\nb' }, 'without control characters'],
    [{ ...LINE, custom_id: 7 }, 'custom_id must be a text'],
    [{ ...LINE, customId: 'a' }, 'unknown field "customId". Did you mean custom_id?'],
    [{ ...LINE, output: '' }, 'output must be a text that is not empty'],
    [{ ...LINE, output: 'a.gif' }, 'output cannot be a .gif file'],
    [{ ...LINE, options: { format: 'webp' } }, 'names a .png file, but the format is webp'],
    [{ ...LINE, options: { formt: 'webp' } }, 'unknown option "formt". Did you mean format?'],
    [{ ...LINE, options: { crop_margin: '5%' } }, 'requires crop=true'],
    [{ ...LINE, options: { crop: null } }, 'option crop must be'],
    [{ ...LINE, input: 'http://x.example/a.jpg' }, 'input must be an https address'],
    [{ ...LINE, input: 'ftp://x.example/a.jpg' }, 'not ftp://'],
    [{ ...LINE, output: 'gs://bucket/a.png' }, 'must be a presigned https address'],
    [{ ...LINE, input: 'https://me:pw@x.example/' }, 'use input_headers'],
    [{ ...LINE, output_headers: { 'a b': 'c' } }, 'a header has an invalid name'],
    [{ ...LINE, output_headers: { Host: 'c' } }, 'must not set host'],
    [{ ...LINE, output_headers: { a: 'b\r\nc' } }, 'a header has invalid characters'],
  ])('when it is %j, then the error says what would be right', (line, text) => {
    expect(read(line)).toEqual([expect.stringContaining(text)]);
  });

  it('when its addresses are signed again, then it is the same; when anything else changes, then it is another', () => {
    const signed = (query: string): string =>
      jobOf({ ...LINE, output: `https://x.example/a.png?${query}` }).fingerprint;
    expect(signed('X-Amz-Date=1&X-Amz-Signature=2')).toBe(signed('X-Amz-Date=3&X-Amz-Signature=4'));
    expect(signed('v=1&Expires=1&Signature=2')).toBe(signed('v=1&Expires=3&Signature=4'));
    expect(signed('v=1&sv=1&se=2&sig=2')).toBe(signed('v=1'));
    expect(signed('v=1')).not.toBe(signed('v=2'));
    expect(signed('sp=1')).not.toBe(signed('sp=2'));
    expect(jobOf(LINE).fingerprint).not.toBe(jobOf({ ...LINE, options: { crop: true } }).fingerprint);
    expect(jobOf(LINE).fingerprint).toBe(jobOf({ ...LINE, options: { crop: false } }).fingerprint);
    expect(jobOf(LINE).fingerprint).toBe(jobOf({ ...LINE, options: { keep_at_most: 60 } }).fingerprint);
  });

  it('when an address says when it expires, then that is known', () => {
    const expiry = (query: string): number | undefined => expiryOf(new URL(`https://x.example/?${query}`));
    const at9 = Date.UTC(2026, 0, 2, 9);
    expect(expiry('X-Amz-Date=20260102T080000Z&X-Amz-Expires=3600')).toBe(at9);
    expect(expiry('X-Goog-Date=20260102T080000Z&X-Goog-Expires=3600')).toBe(at9);
    expect(expiry('se=2026-01-02T09:00:00Z&sig=s')).toBe(at9);
    expect(expiry(`Expires=${at9 / 1000}&Signature=s`)).toBe(at9);
    expect(expiry('expires=1')).toBeUndefined();
    expect(identityOf({ kind: 'file', path: '/a' })).toBe('/a');
    expect(placeOf('http://localhost:1/a', { folder, allowHttp: false })).toMatchObject({ kind: 'address' });
  });

  it('when its schema is published, then it is that of the code', () => {
    const published: unknown = JSON.parse(readFileSync('docs/reference/manifest.schema.json', 'utf8'));
    expect(published).toEqual(z.toJSONSchema(manifestLineSchema));
  });
});

describe('given a whole manifest', () => {
  it('when lines are wrong, then all are named in order, and nothing else happens', async () => {
    const lines = [
      LINE,
      { ...LINE, input: 'no.jpg' },
      { custom_id: 'b', input: 'a.jpg', output: 'a.jpg' },
      { custom_id: 'c', input: 'a.jpg', output: 'a.jpg/c.png' },
    ];
    await expect(plan(lines)).rejects.toThrow(
      [
        `${at('jobs.jsonl')} has 5 errors. Nothing was started.`,
        '  line 2: custom_id "a" is also on line 1',
        '  line 2: output is also the output of line 1',
        `  line 2: input: there is no file ${at('no.jpg')}`,
        '  line 3: output would replace an input of line 1',
        `  line 4: output: ${at('a.jpg')} is not a folder`,
      ].join('\n'),
    );
    const many = Array.from({ length: 30 }, () => ({}));
    await expect(plan(many)).rejects.toThrow(/has 90 errors[^]*and 70 more$/);
    await expect(plan([])).rejects.toThrow('has no lines');
  });

  it('when some lines have ended, then those that failed or changed are separate', async () => {
    const lines = ['a', 'b', 'c', 'd'].map((id) => ({ custom_id: id, input: 'a.jpg', output: `${id}.png` }));
    const ended = (id: string, status: 'done' | 'failed', fingerprint?: string) =>
      [
        id,
        {
          status,
          fingerprint: fingerprint ?? jobOf(lines.find((line) => line.custom_id === id)!).fingerprint,
        },
      ] as const;
    const byId = new Map([ended('a', 'done'), ended('b', 'failed'), ended('c', 'done', 'other')]);
    const earlier = { ...NO_RESULTS, byId };
    expect((await plan(lines, { earlier })).counts).toEqual({
      new: 1,
      changed: 1,
      again: 0,
      done: 1,
      failed: 1,
    });
    const retryFailed = { overwrite: false, retryFailed: true };
    expect((await plan(lines, { earlier, repetition: retryFailed })).counts).toMatchObject({
      again: 1,
      done: 1,
    });
    const overwrite = { overwrite: true, retryFailed: false };
    expect((await plan(lines, { earlier, repetition: overwrite })).counts).toMatchObject({
      again: 2,
      done: 0,
    });
  });
});

describe('given the files of a run', () => {
  const line: DoneLine = {
    ...{ custom_id: 'a', status: 'done', output: 'a.png', bytes: 6, width: 1, height: 1, format: 'png' },
    ...{ job_id: 'j', hints: [], line: 1, attempts: 1, ended_at: '', fingerprint: 'f' },
  };

  it('when the last line of the results is torn, then it is cut off; other contents are rejected', async () => {
    const path = at('jobs.results.jsonl');
    writeFileSync(path, `${JSON.stringify(line)}\n{"custom_id":"b","sta`);
    const earlier = await readResults(path);
    expect([earlier.isTorn, [...earlier.byId.keys()]]).toEqual([true, ['a']]);
    const results = await openResults(path);
    await Promise.all(['b', 'c', 'd'].map((id) => results.add({ ...line, custom_id: id })));
    await results.close();
    const ids = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as DoneLine).custom_id);
    expect(ids).toEqual(['a', 'b', 'c', 'd']);
    expect([...(await readResults(path)).byId.keys()]).toEqual(ids);
    writeFileSync(path, 'half a line');
    expect(await readResults(path)).toEqual({ byId: new Map(), isTorn: true });
    writeFileSync(path, `${JSON.stringify(LINE)}\n`);
    await expect(readResults(path)).rejects.toThrow('line 1 is not a result of removebg batch');
  });

  it('when a run was killed before or after it renamed a draft, then the next run completes the result', async () => {
    const results = at('jobs.results.jsonl');
    const job = jobOf(LINE);
    const bytes = Buffer.from('result');
    const placement = {
      ...{ fingerprint: job.fingerprint, sha256: createHash('sha256').update(bytes).digest('hex') },
      ...{ line: { ...line, fingerprint: job.fingerprint }, draft: at('.a.png.part') },
    };
    for (const left of ['.a.png.part', 'a.png', undefined]) {
      rmSync(at('a.png'), { force: true });
      const killed = await ManifestState.open(results);
      await killed.addBatch({ id: 'b', token: 't' });
      await killed.addPlacement(placement);
      await killed.close(false);
      expect(statSync(at('.jobs.results.jsonl.state')).mode & 0o777).toBe(0o600);
      if (left !== undefined) writeFileSync(at(left), bytes);

      const state = await ManifestState.open(results);
      const written: object[] = [];
      const delivery = new ManifestDelivery({
        ...{ client: new RemoveBg({ baseUrl: 'http://127.0.0.1:9' }), state, receipts: undefined },
        results: {
          add: (one) => Promise.resolve(void written.push(one)),
          close: () => Promise.resolve(),
        },
        ...{ signal: new AbortController().signal, retrySignal: new AbortController().signal },
      });
      expect(state.batch).toEqual({ id: 'b', token: 't' });
      const completed = await delivery.complete(job);
      expect(written).toEqual(left === undefined ? [] : [completed]);
      expect([existsSync(at('a.png')), existsSync(at('.a.png.part'))]).toEqual([left !== undefined, false]);
      expect(state.customIdOf('f')).toBe(state.customIdOf('f'));
      await state.close(true);
      expect(existsSync(at('.jobs.results.jsonl.state'))).toBe(false);
    }
  });

  it('when the last line of the state is torn, then the entries of the next run can be read', async () => {
    const results = at('jobs.results.jsonl');
    const killed = await ManifestState.open(results);
    await killed.addBatch({ id: 'b', token: 't' });
    await killed.close(false);
    appendFileSync(at('.jobs.results.jsonl.state'), '{"placement":{"finger');
    const next = await ManifestState.open(results);
    expect(next.batch).toEqual({ id: 'b', token: 't' });
    await next.addBatch({ id: 'c', token: 'u' });
    await next.close(false);
    const last = await ManifestState.open(results);
    expect(last.batch).toEqual({ id: 'c', token: 'u' });
    await last.close(true);
  });

  it('when another process holds the lock, then the run is refused; a lock of a process that ended is taken over', async () => {
    const lock = at('.jobs.results.jsonl.lock');
    writeFileSync(lock, String(process.ppid));
    await expect(ManifestState.open(at('jobs.results.jsonl'))).rejects.toThrow('Another run (process');
    writeFileSync(lock, '');
    await (await ManifestState.open(at('jobs.results.jsonl'))).close(true);
    writeFileSync(lock, '4194000');
    await (await ManifestState.open(at('jobs.results.jsonl'))).close(true);
    expect(existsSync(lock)).toBe(false);
  });
});
