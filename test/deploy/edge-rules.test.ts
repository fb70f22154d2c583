import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { problemBody } from '#contracts/problem-catalog.js';
import { settingsSchema } from '#config/settings.schema.js';
import { ContractDocument } from '../contract/document.js';
import { EdgeClient, type EdgeAnswer } from '../harness/edge-client.js';
import { EdgeProcess } from '../harness/edge-process.js';
import { eventually } from '../harness/eventually.js';
import { RecordingServer } from '../harness/recording-server.js';
import { openApiDocument } from '../../tools/src/openapi-document.js';

/** Client address, time, user agent, method, route template, status, bytes in and out, duration: no more. */
const ALLOWED = [
  ...['agent', 'client', 'durationMs', 'event', 'method'],
  ...['requestBytes', 'responseBytes', 'route', 'status', 'time'],
];
const document = new ContractDocument(JSON.parse(openApiDocument()));

let upstream: RecordingServer;
let edge: EdgeProcess;
let client: EdgeClient;

beforeAll(async () => {
  upstream = await RecordingServer.start();
  edge = await EdgeProcess.start({ upstreams: [upstream.address] });
  client = new EdgeClient(edge.url, edge.certificate);
});
afterAll(async () => {
  await edge.stop();
  await upstream.stop();
});

/** What was agreed on a connection that has served one request. */
interface Agreed {
  protocol: string | null;
  alpn: string | false | null;
  reused: boolean;
  session: Buffer | undefined;
}

async function agree(options: ConnectionOptions): Promise<Agreed> {
  const ca = readFileSync(edge.certificate);
  const socket = connect({ port: edge.port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
  let session: Buffer | undefined;
  socket.on('session', (offered: Buffer) => (session = offered));
  await once(socket, 'secureConnect');
  const agreed = {
    protocol: socket.getProtocol(),
    alpn: socket.alpnProtocol,
    reused: socket.isSessionReused(),
  };
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await once(socket.resume(), 'close');
  return { ...agreed, session };
}

test('given the edge, when a client offers TLS 1.2 alone, then there is no connection', async () => {
  await expect(agree({ maxVersion: 'TLSv1.2' })).rejects.toThrow(/alert protocol version/);
  await expect(agree({ servername: 'elsewhere.example' })).rejects.toThrow(/unrecognized name/);
  // HTTP/2 would keep the last 64 KiB of a body.
  expect(await agree({ ALPNProtocols: ['h2', 'http/1.1'] })).toMatchObject({
    protocol: 'TLSv1.3',
    alpn: 'http/1.1',
  });
});

test('given a connection, when it has ended, then its session cannot be taken up again', async () => {
  const { session } = await agree({});
  expect(await agree(session === undefined ? {} : { session })).toMatchObject({ reused: false });
});

test('given headers of all kinds, when a request passes, then only those of the list reach the service', async () => {
  const parameters = [...document.operations.values()].flatMap(({ parameters = [] }) => parameters);
  const documented = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  expect(documented).not.toEqual([]);
  const known = [...documented, 'Accept', 'Authorization', 'Content-Type', 'User-Agent', 'X-Api-Key'];
  known.push('Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers', 'Sec-Fetch-Site');
  const unknown = ['Cookie', 'Referer', 'Forwarded', 'X-Real-IP', 'X-Forwarded-Host', 'X-Accel-Buffering'];
  const headers = Object.fromEntries([...known, ...unknown].map((name) => [name, 'shown']));
  await client.call('POST', '/v1/jobs?format=webp', { headers, body: Buffer.alloc(1000) });

  const recorded = upstream.requests.at(-1);
  expect(recorded).toMatchObject({ method: 'POST', url: '/v1/jobs?format=webp', bodyBytes: 1000 });
  const added = ['content-length', 'host', 'x-forwarded-for', 'x-forwarded-proto'];
  expect(Object.keys(recorded?.headers ?? {}).sort()).toEqual(
    [...new Set(known.map((name) => name.toLowerCase())), ...added].sort(),
  );
});

test('given addresses of all routes, when they are asked for, then the log names their templates and nothing else', async () => {
  const secret = 'secret-7f3a';
  const expected = new Map<string, string>();
  for (const name of document.operations.keys()) {
    const [method = '', path = ''] = name.split(' ');
    const agent = `agent ${name}`;
    expected.set(agent, `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
    const headers = { 'User-Agent': agent, Referer: secret, Authorization: `Bearer ${secret}` };
    await client.call(method, `${path.replaceAll(/\{\w+\}/g, secret)}?token=${secret}`, { headers });
  }
  await client.call('GET', `/wp-admin/${secret}`, {
    headers: { 'User-Agent': '"'.repeat(300) },
  });

  const lines = (): Record<string, unknown>[] =>
    edge.lines().filter(({ agent }) => expected.has(String(agent)) || String(agent).startsWith('"'));
  await eventually(() => lines().length === expected.size + 1);
  for (const line of lines()) expect(Object.keys(line).sort()).toEqual(ALLOWED);
  for (const { agent, method, route } of lines().slice(0, -1))
    expect(`${String(method)} ${String(route)}`).toBe(expected.get(String(agent)));
  expect(lines().at(-1)).toMatchObject({ route: 'other', agent: '"'.repeat(200), client: '127.0.0.1' });
  expect(edge.output()).not.toContain(secret);
});

test('given a body beyond all limits, when it is announced, then the answer is a problem and the service receives nothing', async () => {
  const before = upstream.requests.length;
  const announced = 40_000_000;
  const answer = await client.call('POST', '/v1/jobs', {
    headers: { 'Content-Type': 'image/png' },
    body: Buffer.alloc(announced),
  });
  expect(answer.status).toBe(413);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(JSON.parse(answer.body.toString())).toEqual(problemBody('image-too-large'));
  expect(upstream.requests).toHaveLength(before);
});

test('given answers of the edge itself, when they are compared with the catalogue, then they say the same', () => {
  const bodies = [...readFileSync('deploy/nginx/answers.conf', 'utf8').matchAll(/return (\d+) '(.*)';/g)];
  expect(bodies).toHaveLength(4);
  for (const [, status, text = ''] of bodies) {
    const body = JSON.parse(text) as ReturnType<typeof problemBody>;
    expect(body).toEqual(problemBody(body.code, { retryAfterS: body.retry_after }));
    expect(status).toBe(String(body.status));
  }
});

test('given two services of which one drops its connections, when images are posted, then none is sent twice', async () => {
  const reached: string[] = [];
  const dropping = await RecordingServer.start((response, { url }) => {
    reached.push(url);
    response.destroy();
  });
  const sound = await RecordingServer.start((response, { url }) => {
    reached.push(url);
    response.writeHead(202).end();
  });
  const pair = await EdgeProcess.start({ upstreams: [dropping.address, sound.address] });
  const paired = new EdgeClient(pair.url, pair.certificate);
  const statuses: number[] = [];
  for (let i = 0; i < 8; i += 1)
    statuses.push((await paired.call('POST', `/v1/jobs?n=${i}`, { body: Buffer.alloc(50_000) })).status);
  await pair.stop();
  await Promise.all([dropping.stop(), sound.stop()]);

  expect(reached).toEqual([...new Set(reached)]);
  expect(reached).toHaveLength(8);
  // The one that drops is left alone after its second failure.
  expect(statuses.filter((status) => status === 503)).toHaveLength(2);
  expect(statuses.filter((status) => status === 202)).toHaveLength(6);
});

test('given one client with as many requests as it may have at a time, when it sends one more, then it receives 503 and others are served', async () => {
  const held: ServerResponse[] = [];
  const holding = await RecordingServer.start((response, { url }) => {
    if (url === '/v1/models') response.writeHead(200).end();
    else held.push(response);
  });
  const realAddress = 'set_real_ip_from 127.0.0.2/32; real_ip_header CF-Connecting-IP;';
  const full = await EdgeProcess.start({ upstreams: [holding.address], realAddress });
  const asking = new EdgeClient(full.url, full.certificate);
  const as = (client: string, path: string): Promise<EdgeAnswer> =>
    asking.call('GET', path, { localAddress: '127.0.0.2', headers: { 'CF-Connecting-IP': client } });
  const limit = settingsSchema.shape.MAX_CONNECTIONS_PER_ADDRESS.parse(undefined);
  // Addresses of one network of IPv6 count as one client, and so does one address of IPv4.
  const clients = [
    { own: (n: number) => `2001:db8:0:a::${n.toString(16)}`, other: '2001:db8:0:b::1' },
    { own: () => '203.0.113.7', other: '203.0.113.8' },
  ];
  for (const { own, other } of clients) {
    const waiting = Array.from({ length: limit }, (_, n) => as(own(n + 1), '/v1/jobs/none/result'));
    await eventually(() => held.length === limit);
    const refused = await as(own(limit + 1), '/v1/models');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '2']);
    expect(JSON.parse(refused.body.toString())).toEqual(problemBody('not-ready', { retryAfterS: 2 }));
    expect((await as(other, '/v1/models')).status).toBe(200);
    for (const response of held.splice(0)) response.writeHead(204).end();
    expect((await Promise.all(waiting)).filter(({ status }) => status !== 204)).toEqual([]);
    await eventually(async () => (await as(own(1), '/v1/models')).status === 200);
  }
  await full.stop();
  await holding.stop();
}, 60_000);

test("given Cloudflare's addresses, when they are read, then each is a network of public addresses", () => {
  const text = readFileSync('deploy/nginx/cloudflare.conf', 'utf8');
  const networks = [...text.matchAll(/^set_real_ip_from (\S+)\/(\d+);$/gm)].map(([, address, prefix]) => ({
    address: String(address),
    prefix: Number(prefix),
  }));
  expect(networks).toHaveLength(22);
  const list = new BlockList();
  for (const { address, prefix } of networks) {
    list.addSubnet(address, prefix, isIPv6(address) ? 'ipv6' : 'ipv4');
    expect(prefix).toBeGreaterThanOrEqual(isIPv6(address) ? 29 : 13);
  }
  // Addresses that would let any neighbor choose its client address.
  for (const address of ['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '8.8.8.8'])
    expect([address, list.check(address)]).toEqual([address, false]);
  expect(list.check('104.16.1.1')).toBe(true);
  expect(text).toMatch(/^real_ip_header CF-Connecting-IP;$/m);
});

test('given one API of two that is dead, when requests come, uploads too, then the other answers each of them once', async () => {
  const dead = await RecordingServer.start();
  const { address } = dead;
  await dead.stop();
  const two = await EdgeProcess.start({ upstreams: [address, upstream.address] });
  const there = new EdgeClient(two.url, two.certificate);
  const before = upstream.requests.length;
  const body = Buffer.alloc(300_000, 1);
  const headers = { 'Content-Type': 'image/jpeg', 'Content-Length': body.length };
  for (let i = 0; i < 3; i += 1) {
    expect((await there.call('POST', '/v1/jobs', { headers, body })).status).toBe(204);
    expect((await there.call('GET', '/healthz')).status).toBe(204);
  }
  expect(upstream.requests.slice(before).map(({ bodyBytes }) => bodyBytes)).toEqual([
    body.length,
    0,
    body.length,
    0,
    body.length,
    0,
  ]);
  await two.stop();
});
