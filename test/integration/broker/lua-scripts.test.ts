import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { BATCH_PARTS, batchKey, jobChannel, recordKey, incarnationKey } from '#broker/redis/redis-keys.js';
import { loadScript, readInclude } from '#broker/redis/lua-scripts.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { LIVING_STATES } from '#broker/records/job-transitions.js';
import type { BatchId } from '#contracts/batch-id.js';
import { LOST_STATES } from '#contracts/batch-view.js';
import type { JobId } from '#contracts/job-id.js';
import { RedisProcess } from '../../harness/redis-process.js';

const SCRIPTS = readdirSync('libs/broker/lua')
  .filter((file) => file.endsWith('.lua'))
  .map((file) => file.replace('.lua', ''));
const folder = mkdtempSync(join(tmpdir(), 'removebg-lua-'));
const redis = new RedisProcess(folder);
let control: Redis;

beforeAll(async () => {
  await redis.start();
  control = connect(redis.urlFor('inspector'), 'control');
  await whenReady(control, 2000);
});

afterAll(async () => {
  control.disconnect();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

test.each(SCRIPTS)('Redis compiles %s.lua', async (name) => {
  await expect(control.script('LOAD', loadScript(name).lua)).resolves.toMatch(/^[0-9a-f]{40}$/);
});

test('keys and channels in Lua are those of redis-keys.ts', async () => {
  const lua = `${readInclude('keys')}
    local found = { jobRecordKey('an-id'), incarnationKey('a.1'), channelOf('an-id') }
    for _, part in ipairs(BATCH_PARTS) do found[#found + 1] = batchKey('an-id', part) end
    return found`;
  expect(await control.eval(lua, 0)).toEqual([
    recordKey('an-id' as JobId),
    incarnationKey('a.1'),
    jobChannel('an-id'),
    ...BATCH_PARTS.map((part) => batchKey('an-id' as BatchId, part)),
  ]);
});

test('states of batches in Lua are those of the contracts', async () => {
  const lua = `local BATCH_OF_JOB = ''
    ${readInclude('batch-index')}
    local found = { {}, {} }
    for state in pairs(LOST) do table.insert(found[1], state) end
    for state in pairs(LIVING) do table.insert(found[2], state) end
    return found`;
  const [lost = [], living = []] = (await control.eval(lua, 0)) as string[][];
  expect(lost.sort()).toEqual([...LOST_STATES].sort());
  // A job is an image of its batch from when it is queued.
  expect(living.sort()).toEqual(LIVING_STATES.filter((state) => state !== 'accepted').sort());
});
