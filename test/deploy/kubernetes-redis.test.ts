import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RetentionStatement } from '#contracts/retention-view.js';
import { CONTAINED } from '../harness/redis-process.js';
import { freePort } from '../harness/edge-process.js';
import { eventually } from '../harness/eventually.js';
import { containersOf, renderOverlay } from '../harness/kustomize.js';

let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kube-redis-'))));
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(kind: 'node' | 'redis', command: [string, ...string[]], env: NodeJS.ProcessEnv): ChildProcess {
  const [program, ...args] = CONTAINED(kind, command);
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  return child;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

test('given the secrets that are drawn, when Redis and the API run on them over TCP, then every retention fact holds', async () => {
  execFileSync('deploy/kubernetes/secrets.sh', [folder, '0']);
  const secrets = join(folder, 'secrets');
  const port = await freePort();
  // As the Deployment starts it, but for place and port.
  const control = renderOverlay('deploy/kubernetes/base').find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'removebg-control',
  );
  const places: Record<string, string> = {
    '/etc/redis/redis.conf': join(secrets, 'redis.conf'),
    '/run/redis': folder,
    '6379': String(port),
  };
  const args = (containersOf(control!)[0]!['args'] as string[]).map((arg) => places[arg] ?? arg);
  start('redis', ['redis-server', ...args], {});
  await eventually(() => answers(port));

  const addresses = readFileSync(join(secrets, 'addresses.env'), 'utf8');
  const url = /^API_REDIS_URL=(.*)$/m.exec(addresses)![1]!;
  const keys = {
    API_SECRET_FILE: join(secrets, 'api-secret'),
    WORKER_PUBLIC_KEY_FILE: join(secrets, 'worker-public-key.pem'),
  };
  const env = { PORT: '0', HOST: '127.0.0.1', ...keys };
  const there = url.replace('removebg-control:6379', `127.0.0.1:${port}`);
  const api = start('node', [process.execPath, 'dist/apps/api/src/main.js'], { ...env, REDIS_URL: there });
  const [{ port: listening }] = (await once(api, 'message')) as [{ port: number }];
  const answer = await fetch(`http://127.0.0.1:${listening}/.well-known/retention`);
  const { checks } = (await answer.json()) as RetentionStatement;
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(checks).toContainEqual(expect.objectContaining({ name: 'redis.user', found: 'api, exact rights' }));

  // Neither can authenticate as the other, and no client without a password.
  const [own, others] = ['api', 'worker'].map((user) =>
    readFileSync(join(secrets, `redis-password-${user}`), 'utf8'),
  );
  const authenticate = (...words: string[]): string =>
    execFileSync(
      'redis-cli',
      ['-p', String(port), '--no-auth-warning', '--user', ...words, 'acl', 'whoami'],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  expect(authenticate('api', '--pass', own!)).toBe('api\n');
  expect(authenticate('worker', '--pass', others!)).toBe('worker\n');
  for (const [user, password] of [
    ['worker', own!],
    ['api', others!],
    ['worker', 'none'],
    ['default', 'none'],
  ] as const)
    expect(authenticate(user, '--pass', password)).toMatch(/^NOAUTH/);

  // Without its password, or with another's, no client gets in.
  const wrong = there.replace(/:[0-9a-f]{64}@/, `:${'0'.repeat(64)}@`);
  const refused = start('node', [process.execPath, 'dist/apps/api/src/main.js'], {
    ...env,
    REDIS_URL: wrong,
  });
  const [code] = (await once(refused, 'exit')) as [number];
  expect(code).not.toBe(0);
}, 60_000);
