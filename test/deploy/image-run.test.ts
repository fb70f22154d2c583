import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import sharp from 'sharp';
import type { RetentionStatement } from '#contracts/retention-view.js';
import { ApiClient } from '../harness/api-client.js';
import { EdgeClient } from '../harness/edge-client.js';
import { eventually } from '../harness/eventually.js';
import { IMAGE_USER, ImageSystem } from '../harness/image-system.js';
import { ImageTrees } from '../harness/image-tree.js';
import { packagesIn, packagesLoadedBy } from '../harness/loaded-packages.js';
import { smallPhoto } from '../harness/small-photo.js';

const PARTS = ['api', 'worker', 'redis', 'edge'] as const;
/** Programs that each image may hold. */
const PROGRAMS: Record<string, string[]> = {
  api: ['node', 'prlimit'],
  worker: ['node', 'prlimit'],
  redis: ['prlimit', 'redis-cli', 'redis-server'],
  edge: ['nginx', 'prlimit'],
};

jest.setTimeout(60_000);
let trees: ImageTrees;
let system: ImageSystem;

beforeAll(async () => {
  trees = new ImageTrees();
  system = new ImageSystem(trees);
  await system.start();
}, 240_000);
afterAll(async () => {
  await system.stop();
  trees.remove();
}, 60_000);

const proc = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
const field = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}:?\\s+(.*?)\\s*$`, 'm').exec(text)?.[1];

test.each(PARTS)(
  'given the image of the %s, when it is looked through, then it holds one program and no shell',
  (name) => {
    const root = trees.root(name);
    expect(readdirSync(`${root}/usr/bin`).sort()).toEqual(PROGRAMS[name]);
    const folders = ['bin', 'sbin', 'usr/sbin', 'usr/local/bin', 'etc/apt', 'var/lib/dpkg'];
    expect(
      folders.filter((folder) => readdirSync(root, { recursive: true }).map(String).includes(folder)),
    ).toEqual([]);
    // The process that faces the network can neither decode nor compute.
    if (name === 'api') {
      const packages = readdirSync(`${root}/app/node_modules`);
      expect(packages.filter((entry) => /^(onnxruntime|sharp|@img)/.test(entry))).toEqual([]);
    }
  },
);

test('given the image of the worker, when its packages are listed, then they are those that it loads, and no other', async () => {
  const entries = ['main.js', 'engine/engine-main.js'].map((entry) => `dist/apps/worker/src/${entry}`);
  const loaded = await packagesLoadedBy(entries);
  const there = packagesIn(`${trees.root('worker')}/app/node_modules`);
  // Each of these is loaded by its neighbor, whose name it has, for the platform that it runs on.
  const native = there.filter((name) => /^@(img\/sharp|msgpackr-extract\/msgpackr-extract)-/.test(name));
  expect(native.length).toBeGreaterThanOrEqual(2);
  expect(there.filter((name) => !loaded.includes(name) && !native.includes(name))).toEqual([]);
  // All that would be there without the list: nothing of it is missed.
  const before = packagesIn(`${trees.root('build')}/app/node_modules`);
  expect(before.length).toBeGreaterThan(there.length + 50);
  expect(loaded.filter((name) => before.includes(name) && !there.includes(name))).toEqual([]);
});

test('given the images, when a photo is posted, then the cut-out comes back and every retention fact holds', async () => {
  const api = new ApiClient(`http://127.0.0.1:${system.port}`);
  const result = await api.result(await api.submit(smallPhoto()));
  expect(result.status).toBe(200);
  expect(await sharp(result.body).metadata()).toMatchObject({ format: 'png', hasAlpha: true, width: 300 });
  const { checks } = (await api.call('GET', '/.well-known/retention')).json as unknown as RetentionStatement;
  expect(checks.length).toBeGreaterThan(40);
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
});

test('given the images, when their processes run, then none has a capability, a writable disk or, except the API, a network', () => {
  for (const name of ['api', 'worker', 'redis'] as const) {
    const part = system.parts[name]!;
    expect(part.pids.length).toBe(name === 'worker' ? 2 : 1);
    for (const pid of part.pids) {
      const status = proc(pid, 'status');
      const limits = proc(pid, 'limits');
      expect({
        name,
        user: field(status, 'Uid')?.split('\t')[0],
        rights: field(status, 'CapEff'),
        noNew: field(status, 'NoNewPrivs'),
        files: /^Max file size +(\S+) +(\S+)/m.exec(limits)?.slice(1),
        cores: /^Max core file size +(\S+) +(\S+)/m.exec(limits)?.slice(1),
        root: / \/ (ro)[ ,]/.exec(proc(pid, 'mountinfo'))?.[1],
        network: readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net'),
      }).toEqual({
        ...{ name, user: String(IMAGE_USER), rights: '0000000000000000', noNew: '1', root: 'ro' },
        ...{ files: ['0', '0'], cores: ['0', '0'], network: name === 'api' },
      });
      // Nothing would be dumped by a collector either: not selected, or not even readable by the user itself.
      const selected =
        name === 'redis' ? statSync(`/proc/${pid}/mem`).uid : Number(proc(pid, 'coredump_filter'));
      expect([name, selected]).toEqual([name, 0]);
    }
  }
});

test.each(['api', 'worker'] as const)(
  'given the image of the %s, when its health is requested inside it, then it is reported',
  async (name) => {
    const health = system.inside(name, ['/usr/bin/node', 'health.mjs', name]);
    expect(await health.exited).toBe(0);
    const wrong = system.inside(name, ['/usr/bin/node', 'health.mjs', name === 'api' ? 'worker' : 'api']);
    expect(await wrong.exited).toBe(1);
  },
);

test('given the image of the edge, when it is in front of the API, then it terminates TLS 1.3 and forwards images', async () => {
  const certificate = await system.startEdge();
  const client = new EdgeClient(`https://localhost:${system.edgePort}`, certificate);
  const edge = system.parts['edge']!;
  await eventually(() =>
    client.call('GET', '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  const headers = { 'Content-Type': 'image/jpeg', Prefer: 'wait=60' };
  const answer = await client.call('POST', '/v1/jobs', { headers, body: smallPhoto() });
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/png']);
  await eventually(() => edge.output().includes('"route":"/v1/jobs"'));
  for (const pid of edge.pids) expect(proc(pid, 'limits')).toMatch(/^Max file size +512 +512/m);
});

test('given the images, when they receive their stop signals, then all exit with 0', async () => {
  const { edge, worker, api, redis } = system.parts;
  const codes = [];
  for (const [part, signal] of [
    [edge, 'SIGQUIT'],
    [worker, 'SIGTERM'],
    [api, 'SIGTERM'],
    [redis, 'SIGTERM'],
  ] as const)
    codes.push(await part!.stop(signal));
  expect(codes).toEqual([0, 0, 0, 0]);
}, 60_000);
