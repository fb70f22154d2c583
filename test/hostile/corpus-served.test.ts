import sharp from 'sharp';
import type { JobAccepted } from '#contracts/job-view.js';
import type { Answer } from '../harness/api-client.js';
import { engineOf } from '../harness/engine-hold.js';
import { modelFolder } from '../harness/model-folder.js';
import { memoryPeakMb } from '../harness/process-peak.js';
import { wholeNetwork } from '../harness/small-networks.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';
import { allCases } from './corpus/all-cases.js';
import { SECRET, type ImageCase } from './corpus/image-case.js';
import { faultOfPixels } from './corpus/pixel-check.js';

/** `npm run test:hostile -- --all` sends all of it; without, every kind of file is seen. */
const EVERY = process.env['HOSTILE'] === 'all' ? 1 : 16;
/** At a time. */
const CLIENTS = 3;
const MAX_MB = 1000;

const folder = modelFolder(wholeNetwork());
const { system, api } = useSystem({ ...folder.settings, LOG_LEVEL: 'error' }, 1, folder.launch);

jest.setTimeout(1_800_000);
afterAll(() => folder.remove());

/** Asks until the job has come to its end. */
async function endOf(job: JobAccepted): Promise<Answer> {
  for (;;) {
    const answer = await api.result(job);
    if (answer.status !== 202) return answer;
  }
}

async function faultOfImage(body: Buffer, outcome: ImageCase['outcome']): Promise<string> {
  if ('refused' in outcome) return 'taken';
  const { exif, xmp, icc, orientation } = await sharp(body).metadata();
  if (exif ?? xmp ?? icc ?? orientation) return 'carries metadata';
  if (body.includes(SECRET)) return 'carries a secret';
  const { data, info } = await sharp(body).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return faultOfPixels({ data, width: info.width, height: info.height }, outcome);
}

/** Errors in the response for a file; empty when there are none. */
async function faultOf({ make, outcome }: ImageCase): Promise<string> {
  const submitted = await api.post(await make(), { headers: { 'Content-Type': 'application/octet-stream' } });
  const end = submitted.status === 202 ? await endOf(submitted.json as unknown as JobAccepted) : submitted;
  if (end.status === 200) return faultOfImage(end.body, outcome);
  const code = String(end.json['code']);
  const isRefused = 'refused' in outcome && outcome.refused.some((expected) => expected === code);
  return isRefused && end.status >= 400 && end.status < 500 ? '' : `refused: ${end.status} ${code}`;
}

test('given files of the corpus, when they are sent to the service, then each is returned upright and clean or rejected with its code, and no process has crashed', async () => {
  const engine = await engineOf(system.workers[0]!);
  const chosen = allCases().filter(({ name }, i) => i % EVERY === 0 || /orient|large|^plain/.test(name));
  const left = [...chosen];
  const faults: string[] = [];
  let slowest = { ms: 0, name: '' };
  const client = async (): Promise<void> => {
    for (let each = left.pop(); each !== undefined; each = left.pop()) {
      const began = performance.now();
      const fault = await faultOf(each);
      const ms = Math.round(performance.now() - began);
      if (ms > slowest.ms) slowest = { ms, name: each.name };
      if (fault !== '') faults.push(`${each.name}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const peakMb = memoryPeakMb(engine);
  process.stderr.write(
    `${chosen.length} files; slowest ${slowest.ms} ms (${slowest.name}); engine ${peakMb} MB\n`,
  );
  expect(faults).toEqual([]);
  expect(peakMb).toBeLessThan(MAX_MB);
  expect(await engineOf(system.workers[0]!)).toBe(engine);
  expect((await api.call('GET', '/readyz')).status).toBe(200);
  expect(system.output()).not.toContain('"defect"');
  await nothingRemains(system);
});
