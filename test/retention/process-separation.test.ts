import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelFolder } from '../harness/model-folder.js';
import { meanNetwork } from '../harness/small-networks.js';
import { SupervisedSystem, type Role } from '../harness/supervised-system.js';

jest.setTimeout(90_000);
let system: SupervisedSystem;

beforeAll(async () => (system = await SupervisedSystem.start(1, {}, modelFolder(meanNetwork(), 'isnet'))));
afterAll(() => system.stop());

const ROLES: readonly Role[] = ['redis', 'api', 'worker', 'engine'];
const proc = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'latin1');
const field = (pid: number, name: string): string | undefined =>
  new RegExp(`^${name}:\\s+(\\S+)$`, 'm').exec(proc(pid, 'status'))?.[1];
/** The one process of a role. */
function only(role: Role): number {
  const [pid, ...others] = system.pids(role);
  expect([role, pid, others]).toEqual([role, expect.any(Number), []]);
  return pid!;
}

/** What `ACL GETUSER` says of a user, by name. */
async function aclOf(user: string): Promise<Record<string, unknown>> {
  const flat = (await system.inspector().call('ACL', 'GETUSER', user)) as unknown[];
  return Object.fromEntries(
    flat.flatMap((name, place) => (place % 2 === 0 ? [[String(name), flat[place + 1]]] : [])),
  );
}

test('given the private Redis, when its users are read, then each has a password of its own', async () => {
  const [api, worker] = await Promise.all(['api', 'worker'].map(aclOf));
  for (const user of [api!, worker!]) {
    expect(user['flags']).not.toContain('nopass');
    expect(user['passwords']).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  }
  expect(api!['passwords']).not.toEqual(worker!['passwords']);
  const socket = join(system.folder, 'redis.sock');
  for (const user of ['api', 'worker', 'default']) {
    const args = ['-s', socket, '--no-auth-warning', '--user', user, '--pass', 'none', 'ping'];
    expect(execFileSync('redis-cli', args, { stdio: 'pipe', encoding: 'utf8' })).toMatch(/^NOAUTH/);
  }
});

test('given its processes, when their arguments and environments are read, then no password is in them, nor in a file', () => {
  for (const role of ROLES)
    for (const file of ['cmdline', 'environ'])
      expect([role, file, /[0-9a-f]{64}/.test(proc(only(role), file))]).toEqual([role, file, false]);
  const files = readdirSync(system.folder).sort();
  expect(files).toEqual([
    ...['api-secret', 'clock', 'network.sock', 'redis.sock'],
    ...['worker-key.pem', 'worker-public-key.pem'],
  ]);
});

test('given its processes, when the kernel is asked, then none can gain privileges and the engine has none', () => {
  for (const role of ROLES) expect([role, field(only(role), 'NoNewPrivs')]).toEqual([role, '1']);
  const none = '0'.repeat(16);
  const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'];
  // Only root has capabilities to drop. For other users the bounding set is inaccessible and has no effect.
  if (process.getuid?.() === 0) sets.push('CapBnd');
  const engine = only('engine');
  expect(sets.map((set) => [set, field(engine, set)])).toEqual(sets.map((set) => [set, none]));
});
