import { pause } from '../system/audited-system.js';
import { PathSkipped, type AuditPath, type PathStage } from './audit-path.js';
import { summed } from './path-cases.js';
import { CUT, sendRaw } from './raw-client.js';
import { bearerOf, type JobKey } from './service-client.js';

/** About 5 MB. */
const SHAPE = { format: 'png', width: 1500, height: 1100 } as const;
/** Time of the last bytes of each upload, relative to its deadline. */
const LAST_BYTES_MS = [-1500, -700, -300, 0, 300, 700, 1300, 2500];
/** Share of the photo and of the time that are sent at a steady rate, fast enough to complete before the deadline. */
const STEADY = { ofBytes: 0.9, ofTime: 0.75 };
const PIECE_EVERY_MS = 500;
const MAX_TIMEOUT_S = 60;

/** Photos whose last bytes arrive around the deadline. */
export const LATE_PATHS: readonly AuditPath[] = [
  { name: 'upload-late', title: 'Upload whose last bytes arrive at the deadline', walk: uploadLate },
];

/** Time of the last bytes of an upload, and whether it has a `Content-Length`. */
interface LateUpload {
  timeoutMs: number;
  offsetMs: number;
  isAnnounced: boolean;
}

async function uploadLate(stage: PathStage): Promise<string> {
  const { uploadTimeoutS } = stage.system;
  if (uploadTimeoutS === undefined || uploadTimeoutS > MAX_TIMEOUT_S) {
    throw new PathSkipped(`UPLOAD_TIMEOUT_S is unknown or longer than ${MAX_TIMEOUT_S} s`);
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

/** Pieces of a photo: most of them at a steady rate, the last bytes at their time. */
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

/** Cancels an upload that was accepted. */
async function withdraw(url: string, job: JobKey): Promise<void> {
  await sendRaw(url, { method: 'DELETE', path: `/v1/jobs/${job.id}`, headers: bearerOf(job), pieces: [] });
}
