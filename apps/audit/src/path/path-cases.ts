import type { Canary } from '../canary/canary.js';
import type { CanaryShape } from '../canary/canary-image.js';
import type { AuditPath, PathStage } from './audit-path.js';
import { waitForIdleEngine } from './engine-rest.js';
import { announced, inChunks, inPackets, type Body } from './request-bodies.js';
import type { JobKey } from './service-client.js';
import { CUT, sendWithRetries, type Outgoing, type RawAnswer } from './raw-client.js';

/** About 7 KB as a JPEG. */
export const TINY: CanaryShape = { format: 'jpeg', width: 110, height: 90 };
/** About 30 KB: small enough to arrive in few pieces. */
export const SMALL: CanaryShape = { format: 'jpeg', width: 250, height: 200 };
/** About 100 KB: more than one read of a body. */
export const MEDIUM: CanaryShape = { format: 'jpeg', width: 450, height: 380 };

/** About 350 KB: several reads of a body. */
export const LARGE: CanaryShape = { format: 'jpeg', width: 900, height: 720 };

const PACKET_BYTES = 1400;
/** 0: one packet per event loop iteration, so that some packets arrive together. */
const PACKET_PAUSES_MS = [0, 1, 2];

/** One request of a path, with its own canary. */
export interface PathCase {
  label: string;
  shape: CanaryShape;
  request: (canary: Canary) => Outgoing;
}

/** A request to `path` with a `Content-Length`. */
export const caseOf = (
  label: string,
  path: string,
  shape: CanaryShape,
  body: (canary: Canary) => Body,
): PathCase => ({ label, shape, request: (canary) => announced(path, body(canary)) });

/** A case whose body is sent in HTTP chunks. */
export const chunkedCase = ({ label, shape, request }: PathCase, chunkBytes: number): PathCase => ({
  label: `${label} in chunks of ${chunkBytes}`,
  shape,
  request: (canary) => inChunks(request(canary), chunkBytes),
});

/** Cases whose bodies are sent in packets of an MTU of 1,500 bytes, with different pauses between them. */
export const packetCases = ({ label, shape, request }: PathCase): PathCase[] =>
  PACKET_PAUSES_MS.map((pauseMs) => ({
    label: `${label} in packets, ${pauseMs} ms`,
    shape,
    request: (canary) => inPackets(request(canary), PACKET_BYTES, pauseMs),
  }));

/** Response to a case. */
export interface CaseAnswer extends RawAnswer {
  label: string;
  canary: Canary;
}

/** Draws all canaries, then sends the requests in sequence and scans the API after each. */
export async function sendAll(stage: PathStage, cases: readonly PathCase[]): Promise<CaseAnswer[]> {
  const canaries: Canary[] = [];
  for (const { label, shape } of cases) canaries.push(await stage.draw(label, shape));
  const outgoing = cases.map(({ request }, place) => request(canaries[place] as Canary));
  const answers: CaseAnswer[] = [];
  for (const [place, { label }] of cases.entries()) {
    const canary = canaries[place] as Canary;
    const look = place === cases.length - 1 ? undefined : stage.prepareLook(canary);
    const answer = await sendWithRetries(stage.client.url, outgoing[place] as Outgoing);
    answers.push({ ...answer, label, canary });
    await look?.();
  }
  return answers;
}

/** Sends requests that must all be refused. Resolves to their statuses. @throws Error when one is not refused */
export async function refuseAll(stage: PathStage, cases: readonly PathCase[]): Promise<string> {
  const answers = await sendAll(stage, cases);
  const wrong = answers.filter(({ status }) => status !== CUT && (status < 400 || status > 499));
  if (wrong.length > 0) throw new Error(`not refused: ${wrong.map(described).join(', ')}`);
  return statusesOf(answers);
}

/** A path whose requests must all be refused. */
export const refusedPath = (name: string, title: string, cases: readonly PathCase[]): AuditPath => ({
  name,
  title,
  walk: (stage) => refuseAll(stage, cases),
});

/** A path whose requests must all be accepted. The API is scanned while the jobs are queued; then they are cancelled. */
export const acceptedPath = (name: string, title: string, cases: readonly PathCase[]): AuditPath => ({
  name,
  title,
  walk: (stage) => acceptAll(stage, cases),
});

/** A path whose requests must all be answered with a result. */
export const deliveredPath = (name: string, title: string, cases: readonly PathCase[]): AuditPath => ({
  name,
  title,
  walk: (stage) => deliverAll(stage, cases),
});

/** Sends requests that must be accepted and cancels their jobs. @throws Error when one is not accepted */
async function acceptAll(stage: PathStage, cases: readonly PathCase[]): Promise<string> {
  const { client } = stage;
  for (const one of cases) {
    const canary = await stage.draw(one.label, one.shape);
    const look = stage.prepareLook(canary);
    const answer = await sendWithRetries(client.url, one.request(canary));
    if (answer.status !== 202)
      throw new Error(`not accepted: ${described({ ...answer, label: one.label, canary })}`);
    const job = JSON.parse(answer.body.toString()) as JobKey;
    canary.learnToken(job.token);
    await look();
    await client.cancel(job);
  }
  await waitForIdleEngine(stage.system);
  return `${cases.length} images`;
}

/** Sends requests that must be answered with a result. @throws Error when one is not */
export async function deliverAll(stage: PathStage, cases: readonly PathCase[]): Promise<string> {
  const answers = await sendAll(stage, cases);
  for (const answer of answers) {
    if (answer.status !== 200) throw new Error(`no result: ${described(answer)}`);
    answer.canary.learnResult(resultIn(answer));
  }
  return `${answers.length} images`;
}

/** A result in base64 within JSON, by itself or as a data URL. */
const IN_JSON = /"(?:data:image\/png;base64,)?([A-Za-z0-9+/]{64,}={0,2})"/;

function resultIn({ headers, body }: RawAnswer): Buffer {
  if (!(headers['content-type'] ?? '').startsWith('application/json')) return body;
  return Buffer.from(IN_JSON.exec(body.toString('latin1'))?.[1] ?? '', 'base64');
}

const described = ({ label, status, body }: CaseAnswer): string =>
  `${label} (${status} ${body.subarray(0, 120).toString('latin1')})`;

/** How often each status came: `400 × 3, cut × 1`. */
export const statusesOf = (answers: readonly Pick<RawAnswer, 'status'>[]): string =>
  summed(answers.map(({ status }) => (status === CUT ? 'cut' : `${status}`)));

/** How often each text occurs: `400 × 3, 415 × 1`. */
export function summed(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => `${text} × ${count}`).join(', ');
}
