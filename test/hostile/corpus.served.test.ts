import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { ApiClient, type Answer } from '../support/api.client.js';
import { nothingRemains } from '../support/traces.js';
import { allCases } from './corpus/all.cases.js';
import { SECRET, type ImageCase } from './corpus/image.case.js';
import { faultOfPixels } from './corpus/pixel.check.js';
import { startWholeSystem, type WholeSystem } from './served.system.js';

/** `npm run test:hostile -- --all` sends all of it; without, each kind of file is seen and most files are not. */
const EVERY = process.env['HOSTILE'] === 'all' ? 1 : 16;
const AT_A_TIME = 4;
const MIB = 1_048_576;
const MOST_BYTES = 1000 * MIB;
/** Five seconds on a quiet machine; a busy one runs several of these at a time. */
const MOST_MS = 20_000;

let whole: WholeSystem;
let api: ApiClient;

jest.setTimeout(900_000);
beforeAll(async () => {
  whole = await startWholeSystem();
  api = new ApiClient(whole.system.url);
});
afterAll(async () => {
  await whole.system.stop();
  whole.remove();
});

/** Process ids of the worker's children: its engine. */
const engines = (): number[] => {
  const { pid } = whole.system.workers[0]!.child;
  return readFileSync(`/proc/${pid!}/task/${pid!}/children`, 'latin1').trim().split(' ').map(Number);
};

/** Most memory that a process has had so far. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;

/** What is wrong with a result; empty when nothing is. */
async function faultOfResult(
  { body, headers }: Answer,
  outcome: Exclude<ImageCase['outcome'], { refused: unknown }>,
): Promise<string> {
  const { exif, xmp, iptc, icc, orientation, comments } = await sharp(body).metadata();
  if (exif ?? xmp ?? iptc ?? icc ?? orientation ?? comments) return 'carries metadata';
  if (body.includes(SECRET)) return 'carries a secret';
  const told = [headers.get('x-width'), headers.get('x-height')].map(Number);
  if (told[0] !== outcome.width || told[1] !== outcome.height) return `tells ${told.join(' × ')}`;
  const { data, info } = await sharp(body).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return faultOfPixels({ data, width: info.width, height: info.height }, outcome);
}

async function faultOf({ make, outcome }: ImageCase): Promise<string> {
  const file = await make();
  const begin = performance.now();
  const answer = await api.post(file, {
    headers: { Prefer: 'wait=60', 'Content-Type': 'application/octet-stream' },
  });
  if (performance.now() - begin > MOST_MS) return 'takes too long';
  if (answer.status === 200) return 'refused' in outcome ? 'taken' : faultOfResult(answer, outcome);
  const code = String(answer.json['code']);
  const isRight = 'refused' in outcome && outcome.refused.some((wanted) => wanted === code);
  return isRight && answer.status >= 400 && answer.status < 500 ? '' : `${answer.status} ${code}`;
}

test('given files of the corpus, when they are sent, then each comes back upright, or is refused, and no process dies', async () => {
  const before = engines();
  const chosen = allCases().filter((_, i) => i % EVERY === 0);
  const faults: string[] = [];
  for (let at = 0; at < chosen.length; at += AT_A_TIME) {
    const found = await Promise.all(
      chosen.slice(at, at + AT_A_TIME).map(async (each) => [each.name, await faultOf(each)]),
    );
    faults.push(...found.filter(([, fault]) => fault !== '').map(([name, fault]) => `${name}: ${fault}`));
  }
  expect(faults).toEqual([]);
  expect(engines()).toEqual(before);
  const { apis, workers } = whole.system;
  const pids = [...before, ...[...apis, ...workers].map(({ child }) => child.pid!)];
  for (const pid of pids) expect(peakOf(pid)).toBeLessThan(MOST_BYTES);
  expect(whole.system.output()).not.toMatch(/"defect"|Segredo/);
  await nothingRemains(whole.system);
});
