import type { BatchView } from '#contracts/batch-view.js';
import type { JobAccepted } from '#contracts/job-view.js';
import { bearer, type Answer } from '../harness/api-client.js';
import { BatchClient } from '../harness/batch-client.js';
import { ContractDocument } from '../contract/document.js';
import { KeyFiles, withKey } from '../harness/key-files.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';
import { openApiDocument } from '../../tools/src/openapi-document.js';

/** What a client owns: a job, and a batch with an image in it. */
interface Holder {
  job: JobAccepted;
  batch: BatchClient;
  member: JobAccepted;
  key: string;
}

const UNKNOWN = 'A'.repeat(22);
const files = new KeyFiles();
const { operations } = new ContractDocument(JSON.parse(openApiDocument()));
/** Every operation on a resource with an owner. The problem pages are public. */
const OWNED = [...operations].filter(
  ([operation, { parameters = [] }]) =>
    operation !== 'GET /problems/{code}' && parameters.some((parameter) => parameter.in === 'path'),
);

const keys = [files.create('standard'), files.create('standard')] as const;
// No worker changes the jobs: whatever changes was changed by a request.
const { system, api } = useSystem({ KEYS_FILE: files.path }, 0);
const image = smallPhoto();
let alice: Holder;
let bob: Holder;

jest.setTimeout(120_000);
beforeAll(async () => {
  [alice, bob] = [await holder(keys[0]), await holder(keys[1])];
});
afterAll(() => files.remove());

async function holder(key: string): Promise<Holder> {
  const batch = await BatchClient.open(system.url, withKey(key));
  const member = (await batch.add(image, 'mine')) as unknown as JobAccepted;
  const job = await api.submit(image, { headers: withKey(key) });
  return { job, batch, member, key };
}

/** Credentials of others: none, unknown ones, and their own. */
const credentials = (): Record<string, string>[] => [
  {},
  ...['A'.repeat(43), '', UNKNOWN, bob.job.token, bob.member.token, bob.batch.batch.token].map((token) =>
    bearer({ token }),
  ),
  withKey(bob.key),
  bearer({ token: bob.key }),
  { ...withKey(bob.key), ...bearer(bob.job) },
  { ...withKey(bob.key), ...bearer(bob.batch.batch) },
];

/** The parts of a response that could distinguish it for a client without access. The rate limit is known to it anyway. */
function look({ status, headers, body }: Answer): unknown {
  const visible = [...headers].filter(([name]) => !/^date$|ratelimit/.test(name));
  return { status, visible, body: body.toString() };
}

function ask(operation: string, id: string, headers: Record<string, string>, query = ''): Promise<Answer> {
  const [method = '', path = ''] = operation.split(' ');
  const upload = operation === 'POST /v1/batches/{id}/jobs';
  const body = upload && { body: image as NonNullable<RequestInit['body']> };
  const type: Record<string, string> = upload ? { 'Content-Type': 'image/jpeg' } : {};
  return api.call(method, `${path.replace('{id}', id)}${query}`, {
    headers: { ...type, ...headers },
    ...body,
  });
}

/** Ids that the client does not own: of each kind one that exists and one that does not. */
const targets = (): [id: string, own: string][] => [
  [alice.job.id, alice.job.token],
  [alice.member.id, alice.member.token],
  [alice.batch.batch.id, alice.batch.batch.token],
];

test('given every operation of the document that names a job or a batch, then there are some, and `id` is all that they name', () => {
  expect(OWNED.length).toBeGreaterThan(10);
  for (const [operation, { parameters = [], security }] of OWNED) {
    expect([operation, ...operation.matchAll(/\{(\w+)\}/g)].length).toBe(2);
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(['id']);
    // None of them is accessible without a token.
    expect(security.every((way) => Object.keys(way).some((name) => name.includes('token')))).toBe(true);
  }
});

test.each(OWNED.map(([operation]) => operation))(
  'given another’s job or batch, when %s is asked with no, wrong and other people’s tokens and keys, then it is not there',
  async (operation) => {
    for (const headers of credentials()) {
      const nowhere = look(await ask(operation, UNKNOWN, headers));
      expect(nowhere).toMatchObject({ status: 404 });
      for (const [id] of targets()) expect(look(await ask(operation, id, headers))).toEqual(nowhere);
    }
    // Nor does a token open anything by way of the address.
    for (const [id] of targets()) {
      const queries = [bob.job.token, bob.batch.batch.token].map((token) => `?token=${token}`);
      for (const query of queries) expect((await ask(operation, id, {}, query)).status).toBe(404);
    }
  },
);

test('given a token that opens one thing, when it is shown to another of the same person, then it opens nothing', async () => {
  for (const [operation] of OWNED) {
    const kind = operation.includes('/v1/jobs/') ? 'job' : 'batch';
    for (const [id] of targets()) {
      for (const [otherId, token] of targets()) {
        const isItsOwn = id === otherId && (id === alice.batch.batch.id) === (kind === 'batch');
        if (!isItsOwn) expect((await ask(operation, id, bearer({ token }))).status).toBe(404);
      }
    }
  }
});

test('given all that was tried, when its owner looks, then nothing has happened to it', async () => {
  for (const job of [alice.job, alice.member]) expect((await api.status(job)).json['status']).toBe('queued');
  const view: BatchView = await alice.batch.view();
  expect(view).toMatchObject({ counts: { queued: 1 } });
  expect((await alice.batch.post(image, 'another')).status).toBe(202);
});

test('given the address that clients have, when metrics, queue board and the like are asked for, then there is nothing', async () => {
  const paths = ['/metrics', '/board', '/admin', '/admin/metrics', '/queues', '/debug', '/healthz/metrics'];
  for (const path of paths) {
    for (const headers of [{}, withKey(alice.key), { 'X-Forwarded-For': '127.0.0.1', Host: 'localhost' }]) {
      const answer = await api.call('GET', path, { headers });
      expect([path, answer.status, answer.json['code']]).toEqual([path, 404, 'not-found']);
    }
  }
});
