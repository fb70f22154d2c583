import { pause } from '../system/audited-system.js';
import { PathSkipped, type AuditPath, type PathStage } from './audit-path.js';
import { summed } from './path-cases.js';
import { CUT, sendRaw } from './raw-client.js';
import { bearerOf, type JobKey } from './service-client.js';

/** About 5 MB. */
const SHAPE = { format: 'png', width: 1500, height: 1100 } as const;
/** When the last bytes of each upload leave, relative to the end of the time that it has. */
const LAST_BYTES_MS = [-1500, -700, -300, 0, 300, 700, 1300, 2500];
/** So much of a photo comes in such a part of the time: a pace at which it would be complete early enough. */
const STEADY = { ofBytes: 0.9, ofTime: 0.75 };
const PIECE_EVERY_MS = 500;
const MAX_TIMEOUT_S = 60;

/** Photos whose last bytes come when their time is over. */
export const LATE_PATHS: readonly AuditPath[] = [
  { name: 'upload-late', title: 'Upload whose time ends while its last bytes come', walk: uploadLate },
];

/** When the last bytes of an upload leave, and whether it announces its length. */
interface LateUpload {
  timeoutMs: number;
  offsetMs: number;
  isAnnounced: boolean;
}

async function uploadLate(stage: PathStage): Promise<string> {
  const { uploadTimeoutS } = stage.system;
  if (uploadTimeoutS === undefined || uploadTimeoutS > MAX_TIMEOUT_S) {
    throw new PathSkipped(
      `an upload may take longer than ${MAX_TIMEOUT_S} s here (UPLOAD_TIMEOUT_S), or an unknown time`,
    );
  }
  const timeoutMs = uploadTimeoutS * 1000;
  const answers = await Promise.all(
    LAST_BYTES_MS.map((offsetMs, i) => sendLate(stage, { timeoutMs, offsetMs, isAnnounced: i % 2 === 0 })),
  );
  return summed(answers);
}

async function sendLate({ draw, client }: PathStage, late: LateUpload): Promise<string> {
  const { image } = await draw(`${late.offsetMs} ms`, SHAPE);
  const length = late.isAnnounced ? { 'Content-Length': String(image.bytes.length) } : {};
  const headers = { 'Content-Type': image.mime, ...length };
  const outgoing = { path: '/v1/jobs', headers, pieces: latePieces(image.bytes, late) };
  const { status, body } = await sendRaw(client.url, outgoing);
  if (status === 202) await withdraw(client.url, JSON.parse(body.toString()) as JobKey);
  return status === CUT ? 'cut' : `${status}`;
}

/** Most of a photo at a steady pace, the last bytes when they are to leave. */
async function* latePieces(bytes: Buffer, { timeoutMs, offsetMs }: LateUpload): AsyncGenerator<Uint8Array> {
  const begin = performance.now();
  const lastMs = timeoutMs + offsetMs;
  const steadyMs = lastMs * STEADY.ofTime;
  const steadyBytes = bytes.length * STEADY.ofBytes;
  let at = 0;
  for (let elapsed = 0; elapsed < steadyMs; elapsed = performance.now() - begin) {
    const until = Math.ceil(steadyBytes * Math.min(1, (elapsed + PIECE_EVERY_MS) / steadyMs));
    yield bytes.subarray(at, until);
    at = until;
    await pause(PIECE_EVERY_MS);
  }
  await pause(Math.max(0, lastMs - (performance.now() - begin)));
  yield bytes.subarray(at);
}

/** An upload that came in time is no longer wanted. */
async function withdraw(url: string, job: JobKey): Promise<void> {
  await sendRaw(url, { method: 'DELETE', path: `/v1/jobs/${job.id}`, headers: bearerOf(job), pieces: [] });
}
