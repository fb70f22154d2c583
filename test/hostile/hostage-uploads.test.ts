import { DEADLINES_KEY, RESERVED_TOTAL_KEY } from '#broker/redis/redis-keys.js';
import { ApiClient } from '../harness/api-client.js';
import { eventually } from '../harness/eventually.js';
import { RawConnection } from '../harness/raw-connection.js';
import { smallPhoto } from '../harness/small-photo.js';
import { TestSystem } from '../harness/system.js';

const MIB = 1_048_576;
const UPLOADS = 51;
/** Together they announce nearly twice what there is. */
const ANNOUNCED = 22 * MIB;

let system: TestSystem;
let api: ApiClient;
let image: Buffer;

jest.setTimeout(60_000);
beforeAll(async () => {
  image = smallPhoto();
  system = new TestSystem({ REDIS_MAXMEMORY_MB: '1024' });
  await system.redis.start();
  await system.startApi();
  api = new ApiClient(system.url);
});
afterAll(() => system.stop());

/** The head of an upload and its first bytes. */
async function startUpload(): Promise<RawConnection> {
  const connection = new RawConnection(system.url);
  const head = `POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: ${ANNOUNCED}\r\n\r\n`;
  await connection.send(head);
  await connection.send(image.subarray(0, 2048));
  return connection;
}

test('given slow uploads that announce the maximum size, when other clients submit, then they are served, and no data remains of the slow uploads', async () => {
  const redis = system.inspector();
  const hostages: RawConnection[] = [];
  for (let i = 0; i < UPLOADS; i += 1) hostages.push(await startUpload());
  await eventually(async () => (await redis.zcard(DEADLINES_KEY)) === UPLOADS);
  expect(Number(await redis.get(RESERVED_TOTAL_KEY))).toBeLessThanOrEqual(UPLOADS * 2 * MIB);
  const answer = await api.post(image);
  expect(answer.status).toBe(202);
  for (const connection of hostages) connection.break();
  await eventually(async () => (await redis.zcard(DEADLINES_KEY)) === 1);
  await api.cancel(await api.submit(image));
  const { id, token } = answer.json as { id: string; token: string };
  await api.cancel({ id, token });
  await eventually(async () => Number(await redis.get(RESERVED_TOTAL_KEY)) === 0);
  expect(await redis.keys('rb:{*}:in')).toEqual([]);
});

test('given an upload whose job expires meanwhile, when its last bytes arrive, then the answer is 408 and Redis holds none of it', async () => {
  const redis = system.inspector();
  const connection = await startUpload();
  const [id] = await eventually(async () => {
    const ids = await redis.zrange(DEADLINES_KEY, 0, '-1');
    return ids.length === 1 && ids;
  });
  // Again and again: the API renews it when the upload starts.
  await eventually(async () => {
    await redis.zadd(DEADLINES_KEY, 'XX', 0, id!);
    return (await redis.hget(`rb:{${id}}:job`, 'state')) === 'expired';
  });
  await eventually(async () => (await redis.hget(`rb:{${id}}:job`, 'purgedAt')) !== null);
  void connection.send(Buffer.alloc(ANNOUNCED - 2048, 1));
  await eventually(() => connection.text.startsWith('HTTP/1.1 408 '));
  expect(await redis.keys('rb:{*}:in')).toEqual([]);
  expect(Number(await redis.get(RESERVED_TOTAL_KEY))).toBe(0);
  connection.break();
});
