import { readFileSync } from 'node:fs';
import { bearer, type JobKey } from '../harness/api-client.js';
import { placesOf, runAudit } from '../harness/audit.command.js';
import { EdgeClient, type EdgeAnswer } from '../harness/edge-client.js';
import { EdgeProcess } from '../harness/edge-process.js';
import { eventually, pause } from '../harness/eventually.js';
import { heavyForm } from '../harness/heavy-form.js';
import { fourMegapixels } from '../harness/photos.js';
import { filesDuring } from '../harness/proxy-files.js';
import { useSystem } from '../harness/use-system.js';

/** A loopback address in the role of a CDN whose addresses the site trusts. */
const CDN = '127.0.0.2';
const MEBIBYTE = 1_048_576;

const { system } = useSystem({ TRUST_PROXY: '127.0.0.1' });
let edge: EdgeProcess;
let client: EdgeClient;
/** nginx as it comes, in front of the same service. */
let stock: EdgeProcess;

beforeAll(async () => {
  const upstreams = [new URL(system.url).host];
  const realAddress = `set_real_ip_from ${CDN}/32; real_ip_header CF-Connecting-IP;`;
  edge = await EdgeProcess.start({ upstreams, realAddress });
  stock = await EdgeProcess.start({
    upstreams,
    stock: readFileSync('test/harness/stock.nginx.conf', 'utf8'),
  });
  client = new EdgeClient(edge.url, edge.certificate);
}, 120_000);
afterAll(async () => {
  await edge.stop();
  await stock.stop();
});

const JPEG = { 'Content-Type': 'image/jpeg' };
const jobIn = ({ body }: EdgeAnswer): JobKey => JSON.parse(body.toString()) as JobKey;

test('given 22 MB each way, when they pass the edge, then no file appears and none is held open', async () => {
  const { body, type } = await heavyForm();
  expect(body.length).toBeGreaterThan(20.5 * MEBIBYTE);
  const carry = async (to: EdgeClient): Promise<number> => {
    const accepted = await to.call('POST', '/v1/jobs', { headers: { 'Content-Type': type }, body });
    const job = jobIn(accepted);
    const download = await to.open('GET', `/v1/jobs/${job.id}/result?wait=60`, { headers: bearer(job) });
    expect([accepted.status, download.statusCode]).toEqual([202, 200]);
    // A reader that lets everything in between fill up.
    await pause(500);
    let bytes = 0;
    for await (const piece of download) bytes += (piece as Buffer).length;
    return bytes;
  };
  let bytes = 0;
  const files = await filesDuring(edge, async () => void (bytes = await carry(client)));
  expect(bytes).toBeGreaterThan(20 * MEBIBYTE);
  expect(files).toEqual({ appeared: [], held: [], writtenBytes: 0 });

  // nginx as it comes writes both to files: this test would see it.
  const kept = await filesDuring(stock, async () => {
    await carry(new EdgeClient(stock.url, stock.certificate));
  });
  expect(kept.held).toContainEqual(expect.stringMatching(/run\/body\//));
  expect(kept.held).toContainEqual(expect.stringMatching(/run\/proxy\//));
}, 90_000);

test('given a stream and a long-poll through the edge, when a job advances, then each event comes when it happens', async () => {
  const accepted = await client.call('POST', '/v1/jobs', { headers: JPEG, body: await fourMegapixels() });
  const job = jobIn(accepted);
  const path = `/v1/jobs/${job.id}/events?token=${job.token}`;
  const [direct, through, result] = await Promise.all([
    new EdgeClient(system.url).events(path),
    client.events(path),
    client.call('GET', `/v1/jobs/${job.id}/result?wait=60`, { headers: bearer(job) }),
  ]);
  expect(result.status).toBe(200);
  expect(result.headers['content-type']).toBe('image/png');

  // The same events, each within a moment of when the service sent it, and not all at the end.
  const keyOf = ({ name, data }: { name: string; data: unknown }): string => name + JSON.stringify(data);
  const sentAtMs = new Map(direct.map((event) => [keyOf(event), event.atMs]));
  const both = through.filter((event) => sentAtMs.has(keyOf(event)));
  expect(both.map(({ name }) => name)).toEqual(expect.arrayContaining(['progress', 'done', 'purged']));
  const lagsMs = both.map((event) => event.atMs - sentAtMs.get(keyOf(event))!).sort((a, b) => a - b);
  expect(lagsMs[Math.floor(lagsMs.length / 2)]).toBeLessThan(100);
  expect(both.at(-1)!.atMs - both[0]!.atMs).toBeGreaterThan(200);
}, 60_000);

test('given claims about who asks, when they are sent, then only those of a trusted address are believed', async () => {
  const claims = {
    'X-Forwarded-For': '198.51.100.1',
    'X-Real-IP': '198.51.100.2',
    Forwarded: 'for=198.51.100.3',
  };
  const asked = async (agent: string, localAddress: string): Promise<unknown[]> => {
    const headers = { ...claims, 'CF-Connecting-IP': '203.0.113.7', 'User-Agent': agent };
    await client.call('GET', '/v1/models', { headers, localAddress });
    const own = await eventually(() => edge.lines().find((line) => line['agent'] === agent));
    const lines = (): string[] =>
      system
        .output()
        .split('\n')
        .filter((line) => line.includes(`"${agent}"`));
    const service = JSON.parse(await eventually(() => lines()[0])) as Record<string, unknown>;
    return [own['client'], service['client'], service['route']];
  };
  expect(await asked('somebody', '127.0.0.1')).toEqual(['127.0.0.1', '127.0.0.1', '/v1/models']);
  expect(await asked('a CDN', CDN)).toEqual(['203.0.113.7', '203.0.113.7', '/v1/models']);
  expect(system.output()).not.toContain('198.51.100');
});

/** Options of the audit for the running system behind a proxy. */
const auditOf = (proxy: EdgeProcess): string[] => {
  const [api] = system.apis;
  const [worker] = system.workers;
  const pids = [`api=${api!.child.pid!}`, `worker=${worker!.child.pid!}`, `redis=${system.redis.pid}`];
  const named = [...pids, ...proxy.pids.map((pid) => `nginx=${pid}`)].flatMap((pid) => ['--pid', pid]);
  return ['--url', proxy.url, ...named, '--redis-url', system.redis.urlFor('inspector')];
};

test('given images on all kinds of ways through the edge, when memory is searched, then nothing is left, in nginx neither', async () => {
  const paths = 'result,inline,multipart,corrupt,upload-broken,download-broken';
  const trust = { NODE_EXTRA_CA_CERTS: edge.certificate };
  const { code, report } = await runAudit([...auditOf(edge), '--paths', paths], trust);
  expect(placesOf(report)).toEqual([]);
  expect({ code, outcomes: report.paths.map(({ outcome }) => outcome) }).toEqual({
    code: 0,
    outcomes: paths.split(',').map(() => 'clean'),
  });
  const scanned = report.atEnd!.memory.filter(({ role }) => role === 'nginx');
  expect(scanned).toHaveLength(edge.pids.length);
  for (const { bytes } of scanned) expect(bytes).toBeGreaterThan(MEBIBYTE);
}, 120_000);

test('given nginx as it comes, when memory is searched, then the image is found in it', async () => {
  const trust = { NODE_EXTRA_CA_CERTS: stock.certificate };
  const { code, report } = await runAudit([...auditOf(stock), '--paths', 'result'], trust);
  expect(code).toBe(1);
  expect(placesOf(report)).toContainEqual(expect.stringMatching(/^memory .*nginx /));
  expect(placesOf(report)).toContainEqual(expect.stringMatching(/^process .*nginx .*may write files/));
}, 60_000);
