import type { Answer } from '../harness/api-client.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';

const CALLS = [
  ['GET', ''],
  ['GET', '?wait=5'],
  ['GET', '/events'],
  ['GET', '/events?deliver=inline'],
  ['GET', '/result'],
  ['GET', '/result?wait=5'],
  ['DELETE', ''],
] as const;

const { api } = useSystem({}, 0);
const image = smallPhoto();

/** The parts of a response that could distinguish it for a client without access. */
const look = ({ status, headers, body }: Answer): unknown => {
  const visible = Object.fromEntries(headers);
  delete visible['date'];
  return { status, visible, body: body.toString() };
};

test('given no token, a wrong one or another job’s, when anything is asked of a job, then it does not exist', async () => {
  const [mine, other] = [await api.submit(image), await api.submit(image)];
  const unknown = 'A'.repeat(22);
  const tokens = [undefined, 'A'.repeat(43), other.token, mine.id, `${mine.token}A`, ''];
  for (const [method, path] of CALLS) {
    const nowhere = await api.call(method, `/v1/jobs/${unknown}${path}`);
    expect(nowhere.status).toBe(404);
    expect(nowhere.json).toMatchObject({ code: 'job-not-found', status: 404 });
    for (const token of tokens) {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      const answer = await api.call(method, `/v1/jobs/${mine.id}${path}`, { headers });
      expect(look(answer)).toEqual(look(nowhere));
    }
  }
  expect((await api.status(mine)).json['status']).toBe('queued');
});

test('given the token in the query, when anything but the events is requested, then it is ignored', async () => {
  const job = await api.submit(image);
  for (const [method, path] of CALLS.filter(([, at]) => !at.startsWith('/events'))) {
    const mark = path.includes('?') ? '&' : '?';
    const answer = await api.call(method, `/v1/jobs/${job.id}${path}${mark}token=${job.token}`);
    expect([answer.status, answer.json['code']]).toEqual([404, 'job-not-found']);
  }
});

test('given a malformed id, when it is asked for with a real token, then the answer is the same', async () => {
  const job = await api.submit(image);
  const headers = { Authorization: `Bearer ${job.token}` };
  const ids = [
    'x',
    'A'.repeat(21),
    'A'.repeat(23),
    '%00'.repeat(4),
    '..%2f..%2fhealthz',
    '*',
    '{}',
    '%F0%9F%92%A3',
  ];
  const nowhere = look(await api.call('GET', `/v1/jobs/${'A'.repeat(22)}`));
  for (const id of ids) {
    expect(look(await api.call('GET', `/v1/jobs/${id}`, { headers }))).toEqual(nowhere);
  }
  const endless = await api.call('GET', `/v1/jobs/${'A'.repeat(500)}`, { headers });
  expect([endless.status, endless.json['code']]).toEqual([404, 'not-found']);
  const unreadable = await api.call('GET', '/v1/jobs/%zz', { headers });
  expect([unreadable.status, unreadable.json['code']]).toEqual([400, 'invalid-request']);
  expect(unreadable.headers.get('content-type')).toContain('application/problem+json');
  expect(`${String(endless.body)}${String(unreadable.body)}`).not.toMatch(/AAAA|%zz/);
});

test('given a token written in other ways, when the job is asked for, then only `Bearer` counts', async () => {
  const job = await api.submit(image);
  const tries = [
    job.token,
    `Basic ${job.token}`,
    `Bearer ${job.token}, Bearer ${job.token}`,
    `Bearer "${job.token}"`,
  ];
  for (const text of tries) {
    const answer = await api.call('GET', `/v1/jobs/${job.id}`, { headers: { Authorization: text } });
    expect(answer.status).toBe(404);
  }
  const lower = await api.call('GET', `/v1/jobs/${job.id}`, {
    headers: { Authorization: `bearer ${job.token}` },
  });
  expect(lower.status).toBe(200);
});
