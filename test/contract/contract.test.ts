import { readdirSync } from 'node:fs';
import { BATCHES } from './batches.js';
import { COMPAT } from './compat.js';
import { ContractDocument } from './document.js';
import { JOBS } from './jobs.js';
import { ContractOperation } from './operation.js';
import { SERVICE } from './service.js';
import { ContractSetting, type Drive } from './setting.js';
import { SUBMIT } from './submit.js';

/**
 * How each operation is driven, by method and path: every status that the document promises for it must come to be
 * seen, but for those of `NOT_HERE`. A new operation needs an entry; `answers` checks all that comes back.
 */
const TABLE: Record<string, Drive> = { ...SERVICE, ...SUBMIT, ...JOBS, ...BATCHES, ...COMPAT };

/** Operations of which not every answer can be had here, and why. */
const NOT_WHOLE: Record<string, string> = {
  'GET /api/remove': 'images are fetched from public addresses alone',
};

/** Statuses that cannot be had here, and why. */
const NOT_HERE: Record<string, string> = {
  408: 'an upload that takes two minutes',
  421: 'a deployment that knows of other regions',
  500: 'a defect of ours',
  503: 'comes at the end, when Redis is gone',
};

/** Addresses for people, and other names of documented ones. */
const FOR_PEOPLE = [
  ...['/privacy', '/privacy/', '/bn/privacy', '/bn/privacy/', '/security', '/security/', '/problems/'],
  ...['/.well-known/security.txt', '/security.txt'],
];

let setting: ContractSetting;
let document: ContractDocument;
/** What was driven so far, by method and path. */
const driven = new Map<string, ContractOperation>();

jest.setTimeout(120_000);
beforeAll(async () => {
  setting = await ContractSetting.start();
  document = new ContractDocument((await setting.api.call('GET', '/openapi.json')).json);
});
afterAll(() => setting.stop());

test.each(Object.keys(TABLE))(
  'given the document, when %s is driven, then it answers as documented',
  async (name) => {
    const documented = document.operations.get(name);
    expect([name, documented]).not.toEqual([name, undefined]);
    const operation = new ContractOperation(name, documented!, document, setting.system.url);
    await TABLE[name]!(operation, setting);
    expect(
      operation.statuses.filter(
        (status) => !operation.seen.has(status) && !(status in NOT_HERE) && !(name in NOT_WHOLE),
      ),
    ).toEqual([]);
    driven.set(name, operation);
  },
);

test('given the document, when all tests have run, then no operation of it was left out', () => {
  expect([...driven.keys()].sort()).toEqual([...document.operations.keys()].sort());
});

test('given the routes of the real server, when they are looked up, then all except the page and its docs are documented', async () => {
  const page = readdirSync('dist/apps/web', { recursive: true }).map((file) => `/${String(file)}`);
  const isPage = (path: string): boolean =>
    path === '/' || FOR_PEOPLE.includes(path) || page.includes(path.replace(/\/$/, ''));
  const routes = (await setting.api.call('GET', '/test/routes')).json as unknown as string[];
  const served = routes
    .map((route) => route.replaceAll(/:(\w+)/g, '{$1}'))
    .filter((route) => !/^(HEAD|OPTIONS) | \/(docs|openapi\.json|test\/routes)(\/|$)/.test(route))
    .filter((route) => !isPage(route.split(' ')[1] ?? ''));
  expect(served.sort()).toEqual([...document.operations.keys()].sort());
});

test('given Redis gone, when each operation that needs it is called again, then it answers 503 as documented', async () => {
  await setting.system.redis.kill();
  // In parallel: some wait for Redis before they fail.
  await Promise.all(
    [...driven.values()].map(async (operation) => {
      const needsRedis = operation.statuses.includes('503');
      if (operation.good !== undefined) await operation.answers(needsRedis ? 503 : 200, operation.good);
    }),
  );
});
