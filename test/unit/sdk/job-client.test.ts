import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JobState } from '#contracts/job-states.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { JobClient, type JobKey } from '#sdk/job-client.js';
import type { JobEvent } from '#sdk/job-follow.js';

const job: JobKey = { id: 'q83vASNFZ4mrze8BI0VniQ', token: 't'.repeat(43) };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let answers: Answer[];
let requests: IncomingMessage[];
let client: JobClient;

beforeEach(async () => {
  answers = [];
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    const answer = answers.shift();
    if (answer) answer(request, response);
    else response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new JobClient({ origin: `http://127.0.0.1:${port}`, retryMs: 1, idleMs: 300 });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const stream =
  (text: string, then: 'end' | 'break' | 'silence'): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(text, () => {
      if (then === 'end') response.end();
      if (then === 'break') setTimeout(() => response.destroy(), 20);
    });
  };

const problem =
  (status: number, code: string): Answer =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ type: `/problems/${code}`, code }));

const view =
  (status: JobState, etag: string): Answer =>
  (_, response) =>
    response.writeHead(200, { etag }).end(JSON.stringify({ id: job.id, status, links: {}, expires_at: '' }));

const QUEUED = 'id: 1\nevent: queued\ndata: {"position":2}\n\n';
const PURGED = 'id: 2\nevent: purged\ndata: {"reason":"delivered","at":"2026-01-01T00:00:00Z"}\n\n';

async function namesOf(events: AsyncIterable<JobEvent>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of events) names.push(name);
  return names;
}

describe('given the events of a job', () => {
  it('when the stream is complete, then the iteration ends with the last event although the connection stays open', async () => {
    answers = [stream(`: hello\n\n${QUEUED}event: later-invention\ndata: {}\n\n${PURGED}`, 'silence')];
    expect(await namesOf(client.events(job))).toEqual(['queued', 'purged']);
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${job.token}`);
    expect(requests[0]?.url).toBe(`/v1/jobs/${job.id}/events`);
  });

  it.each(['break', 'end', 'silence'] as const)(
    'when the connection fails by %s, then it reconnects from the last event id',
    async (fate) => {
      answers = [stream(QUEUED, fate), stream(PURGED, 'end')];
      expect(await namesOf(client.events(job))).toEqual(['queued', 'purged']);
      expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1']);
    },
  );

  it('when no stream gets through, then long polling returns the same events', async () => {
    const wrong: Answer = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('hi');
    const same: Answer = (_, response) => response.writeHead(304).end();
    answers = [wrong, wrong, wrong, view('queued', '"1"'), same, view('running', '"2"')];
    answers.push(view('ready', '"3"'), view('delivered', '"4"'));
    expect(await namesOf(client.events(job))).toEqual(['queued', 'started', 'done', 'purged']);
    expect(requests.slice(4).map(({ headers }) => headers['if-none-match'])).toEqual([
      '"1"',
      '"1"',
      '"2"',
      '"3"',
    ]);
    expect(requests[4]?.url).toMatch(/\?wait=\d+$/);
  });

  it('when the service answers with an error, then it is thrown at once', async () => {
    answers = [problem(404, 'job-not-found')];
    await expect(namesOf(client.events(job))).rejects.toMatchObject({ code: 'job-not-found' });
    expect(requests).toHaveLength(1);
  });

  it('when the signal aborts, then its reason is thrown', async () => {
    answers = [stream(QUEUED, 'silence')];
    const leave = new AbortController();
    const reading = (async () => {
      for await (const { name } of client.events(job, { signal: leave.signal })) {
        if (name === 'queued') leave.abort(new Error('left'));
      }
    })();
    await expect(reading).rejects.toThrow('left');
  });
});

describe('given the other calls', () => {
  it('when an image is submitted, then its type and its options are sent', async () => {
    answers = [(_, response) => response.writeHead(202).end(JSON.stringify({ ...job, status: 'queued' }))];
    const image = new Blob([new Uint8Array(8)], { type: 'image/png' });
    expect(await client.submit(image, { format: 'webp' })).toMatchObject(job);
    expect(requests[0]).toMatchObject({ method: 'POST', url: '/v1/jobs?format=webp' });
    expect(requests[0]?.headers['content-type']).toBe('image/png');
  });

  it('when the type is not a raw upload type, then it is sent as application/octet-stream', () => {
    expect(client.submission('image/heic').headers['content-type']).toBe('application/octet-stream');
  });

  it('when the result is not ready, then the delay is returned; otherwise the image', async () => {
    answers = [
      (_, response) => response.writeHead(202, { 'retry-after': '2' }).end(),
      (_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end('bytes'),
    ];
    expect(await client.result(job, { waitS: 0 })).toEqual({ ready: false, retryAfterMs: 2000 });
    const result = await client.result(job);
    expect(result.ready && (await result.image.text())).toBe('bytes');
  });

  it('when a result is truncated, then it is a lost connection and not a shorter image', async () => {
    answers = [
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('half', () => setTimeout(() => response.destroy(), 20));
      },
    ];
    await expect(client.result(job)).rejects.toMatchObject({ code: 'connection-lost', isTemporary: true });
  });

  it('when a job is cancelled, then 204 resolves and an error answer is thrown', async () => {
    answers = [(_, response) => response.writeHead(204).end(), problem(404, 'job-not-found')];
    await client.cancel(job);
    await expect(client.cancel(job)).rejects.toBeInstanceOf(RemoveBgError);
    expect(requests[0]?.method).toBe('DELETE');
  });
});
