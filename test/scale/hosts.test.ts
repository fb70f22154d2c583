import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { EXPIRY_MARGIN_MS, STORE_MS } from '#broker/records/lifetimes.js';
import type { JobAccepted } from '#contracts/job-view.js';
import { ApiClient } from '../harness/api-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { openHosts, type TestHost, type TestHosts } from '../harness/hosts.js';
import { freePort } from '../harness/free-port.js';
import { modelFolder } from '../harness/model-folder.js';
import { RedisProcess, type Launch } from '../harness/redis-process.js';
import { meanNetwork } from '../harness/small-networks.js';
import { smallPhoto } from '../harness/small-photo.js';
import { TestSystem, type ServiceProcess } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';

const PASSWORD = 'p'.repeat(40);
const JOBS = 8;
/** Noticed in 2 to 4 s, and then done; on a busy machine. */
const LONG_MS = 60_000;

let hosts: TestHosts | undefined;
const model = modelFolder(meanNetwork(), 'isnet');
const workers = new Map<TestHost, ServiceProcess>();
let system: TestSystem;
let image: Buffer;
let first: ApiClient;
let second: ApiClient;

jest.setTimeout(180_000);
beforeAll(async () => {
  image = smallPhoto();
  const port = await freePort();
  hosts = await openHosts(port);
  system = new TestSystem({ ...model.settings, RATE_LIMIT: '1000000' });
  system.onceStopped(model.remove);
  const tls = certificate(system.folder, hosts.redisNames);
  // As docs/deploy/scaling.md has it: TLS and a password for each user, on an address of the machine.
  const redis = new RedisProcess(system.folder, '256mb', [
    ...['--tls-port', String(port), '--bind', hosts.redisAddress, '--protected-mode', 'no'],
    ...['--tls-auth-clients', 'no'],
    ...['--tls-cert-file', tls.cert, '--tls-key-file', tls.key],
  ]);
  Object.defineProperty(system, 'redis', { value: redis });
  await redis.start();
  const inspector = system.inspector();
  for (const user of ['api', 'worker']) {
    await inspector.call('ACL', 'SETUSER', user, 'resetpass', `>${PASSWORD}`);
  }
  const start = async (host: TestHost): Promise<ApiClient> => {
    const address = (user: string): string =>
      `rediss://${user}:${PASSWORD}@${host.redis.host}:${host.redis.port}`;
    const common = { NODE_EXTRA_CA_CERTS: tls.cert, HOST: host.address };
    const launch: Launch = (kind, command) => host.launch(kind, ['env', '-C', model.path, ...command]);
    workers.set(host, await system.startWorker({ ...common, REDIS_URL: address('worker') }, launch));
    const { url } = await system.startApi({ ...common, REDIS_URL: address('api') }, launch);
    return new ApiClient(url);
  };
  [first, second] = (await Promise.all(hosts.hosts.map(start))) as [ApiClient, ApiClient];
});
afterAll(async () => {
  hosts?.hosts.forEach(({ mend }) => mend());
  await system.stop();
  hosts?.stop();
});

/** A key and a certificate for these addresses. */
function certificate(folder: string, names: readonly string[]): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'redis.crt'), join(folder, 'redis.key')];
  const subject = [
    '-subj',
    '/CN=redis',
    '-addext',
    `subjectAltName=${names.map((name) => `IP:${name}`).join(',')}`,
  ];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  return { cert, key };
}

test('given a job accepted on one host, when another is asked for it, then it streams its events and returns the result', async () => {
  const job = await first.submit(image);
  const events = await second.events(job);
  await events.received('done');
  expect((await second.status(job)).json['status']).toBe('ready');
  expect((await second.result(job)).status).toBe(200);
  await events.ended();
  expect(events.names.at(-1)).toBe('purged');
  expect((await first.result(job)).json['code']).toBe('result-delivered');
  await nothingRemains(system);
});

test('given jobs in work on a host, when it is cut off, then the other does them, each is delivered once; back, it works', async () => {
  const [near, lost] = hosts!.hosts as [TestHost, TestHost];
  const jobs: JobAccepted[] = [];
  const streams = await whileHeld(workers.get(near)!, () =>
    whileHeld(workers.get(lost)!, async () => {
      for (let i = 0; i < JOBS; i++) jobs.push(await (i % 2 === 0 ? first : second).submit(image));
      const opened = await Promise.all(jobs.map((job) => first.events(job)));
      // Each worker has an image in its engine, and the next one.
      await eventually(() => opened.filter(({ names }) => names.includes('started')).length === 4);
      lost.cut();
      return opened;
    }),
  );
  const statuses = await Promise.all(jobs.map(async (job) => (await first.result(job)).status));
  expect(statuses).toEqual(Array.from({ length: JOBS }, () => 200));
  for (const stream of streams) await stream.ended();
  for (const { names } of streams) expect(names.filter((name) => name === 'purged')).toHaveLength(1);
  const attempts = streams.flatMap((stream) => stream.all('started').map(({ data }) => data['attempt']));
  expect(attempts).toContain(2);
  lost.mend();
  await eventually(async () => (await second.call('GET', '/readyz')).status === 200, LONG_MS);
  const again = await eventually(async () => {
    const answer = await second.post(image).catch(() => undefined);
    return answer?.status === 202 ? (answer.json as unknown as JobAccepted) : undefined;
  }, LONG_MS);
  expect((await first.result(again)).status).toBe(200);
  for (const job of jobs) expect((await second.result(job)).json['code']).toBe('result-delivered');
  for (const { child } of [...system.apis, ...system.workers])
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  // What the lost host had sent may arrive when its cable is back; it cannot be opened, and goes by itself.
  const late = (await system.keys()).filter((key) => /:out:1$/.test(key));
  for (const key of late)
    expect(await system.inspector().pttl(key)).toBeLessThanOrEqual(STORE_MS + EXPIRY_MARGIN_MS);
  await nothingRemains(system, late);
});
