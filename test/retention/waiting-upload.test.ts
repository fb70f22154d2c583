import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readWorkerKeys } from '#auth/secret-file.js';
import type { JobId } from '#contracts/job-id.js';
import type { JobAccepted } from '#contracts/job-view.js';
import { openChunk } from '#crypto/chunk-cipher.js';
import { unwrapKeys } from '#crypto/key-wrap.js';
import { drawWorkerKey } from '#crypto/worker-keys.js';
import { ownPages, regionsOf } from '../../apps/audit/src/scan/process-map.js';
import { ApiClient } from '../harness/api-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';

jest.setTimeout(60_000);
const { system, api } = useLightSystem();

const JOBS = 12;

/** The first stored chunk and the wrapped keys of a job: what Redis users of API and worker can read. */
async function storedOf({ id }: JobAccepted): Promise<{ box: Buffer; wrappedKeys: string }> {
  const redis = system.inspector();
  const box = await redis.hgetBuffer(`rb:{${id}}:in`, '0');
  const wrappedKeys = await redis.hget(`rb:{${id}}:job`, 'wrappedKeys');
  return { box: box!, wrappedKeys: wrappedKeys! };
}

/** True when a process has `needle` in its memory. */
function holds(pid: number, needle: Buffer): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return ownPages(pid, regionsOf(pid)).some(({ start, end }) => {
      const piece = Buffer.alloc(end - start);
      try {
        readSync(memory, piece, 0, piece.length, start);
      } catch {
        // Pages that the process gave back meanwhile.
        return false;
      }
      return piece.includes(needle);
    });
  } finally {
    closeSync(memory);
  }
}

test('given waiting uploads, when the memory of the API is searched for their keys, then it has none', async () => {
  const keyring = readWorkerKeys(system.keyFiles.WORKER_KEY_FILE);
  const pid = system.apis[0]!.child.pid!;
  await whileHeld(system.workers[0]!, async () => {
    const jobs = await Promise.all(Array.from({ length: JOBS }, () => api.submit(smallPhoto())));
    for (const job of jobs) {
      const { box, wrappedKeys } = await storedOf(job);
      const id = job.id as JobId;
      const { inputKey } = unwrapKeys(keyring, id, wrappedKeys);
      // It is the key of the upload, and the search finds it where it is.
      const plain = openChunk(inputKey, { id, role: 'input' }, { index: 0, last: true }, box);
      expect(plain.equals(smallPhoto())).toBe(true);
      expect([holds(process.pid, inputKey), holds(pid, inputKey)]).toEqual([true, false]);
      await api.cancel(job);
    }
  });
});

test('given a worker key that is rotated, when jobs were wrapped for the old and the new one, then all are done', async () => {
  const { privatePem, publicPem } = drawWorkerKey();
  const both = join(system.folder, 'both.pem');
  const next = join(system.folder, 'next.pem');
  const old = readFileSync(system.keyFiles.WORKER_KEY_FILE, 'utf8');
  writeFileSync(both, `${privatePem}${old}`, { mode: 0o600 });
  writeFileSync(next, publicPem, { mode: 0o644 });
  const [first] = system.workers;
  first!.child.kill('SIGTERM');
  await Promise.all([system.startWorker({ WORKER_KEY_FILE: both }), first!.exited]);
  const renewed = new ApiClient(await system.startApi({ WORKER_PUBLIC_KEY_FILE: next }));
  for (const client of [api, renewed]) {
    const job = await client.submit(smallPhoto());
    expect((await client.result(job)).status).toBe(200);
  }
});
