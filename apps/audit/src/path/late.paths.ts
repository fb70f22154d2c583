import { pause } from '../system/audited.system.js';
import type { AuditPath, PathStage } from './audit.path.js';
import { summed } from './path.cases.js';
import { CUT, sendRaw } from './raw.client.js';
import { bearerOf, type JobKey } from './service.client.js';

/** About 5 MB, most of which comes at the last moment. */
const SHAPE = { format: 'png', width: 1500, height: 1100 } as const;
/** How long an upload may take (`UPLOAD_MS` of the broker). */
const UPLOAD_MS = 120_000;
/** When the last bytes of each upload leave, before and after its expiry. */
const LAST_BYTES_MS = [-1500, -700, -300, 0, 300, 700, 1300, 2500];
const DRIP_BYTES = 8192;
const DRIP_EVERY_MS = 1000;

/** Photos whose last bytes come when their time is over. */
export const LATE_PATHS: readonly AuditPath[] = [
  {
    name: 'upload-late',
    title: 'Upload that is under way when its job expires',
    isSlow: true,
    walk: uploadLate,
  },
];

async function uploadLate(stage: PathStage): Promise<string> {
  const statuses = await Promise.all(LAST_BYTES_MS.map((offsetMs) => oneLate(stage, offsetMs)));
  return summed(statuses);
}

async function oneLate({ draw, client }: PathStage, offsetMs: number): Promise<string> {
  const { image } = await draw(`${offsetMs} ms`, SHAPE);
  const { bytes } = image;
  const begin = performance.now();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let at = 0;
    while (performance.now() - begin < UPLOAD_MS + offsetMs - DRIP_EVERY_MS) {
      yield bytes.subarray(at, (at += DRIP_BYTES));
      await pause(DRIP_EVERY_MS);
    }
    await pause(Math.max(0, UPLOAD_MS + offsetMs - (performance.now() - begin)));
    yield bytes.subarray(at);
  }
  const headers = { 'Content-Type': image.mime, 'Content-Length': String(bytes.length) };
  const { status, body } = await sendRaw(client.url, { path: '/v1/jobs', headers, pieces: pieces() });
  if (status === 202) await withdraw(client.url, JSON.parse(body.toString()) as JobKey);
  return status === CUT ? 'cut' : `${status}`;
}

/** An upload that came in time is no longer wanted. */
async function withdraw(url: string, job: JobKey): Promise<void> {
  await sendRaw(url, { method: 'DELETE', path: `/v1/jobs/${job.id}`, headers: bearerOf(job), pieces: [] });
}
