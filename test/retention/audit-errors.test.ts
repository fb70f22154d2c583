import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyFilesIn } from '../../tools/src/service-keys.js';
import { expectCleanAudit, placesOf, runAudit } from '../harness/audit.command.js';

/** The service started by hand on a Redis as it comes: nothing overwrites what is freed, nothing forbids files. */
class Unprotected {
  private readonly folder = mkdtempSync(join(tmpdir(), 'unprotected-'));
  private readonly keys = keyFilesIn(this.folder);
  private readonly children: Record<string, ChildProcess> = {};
  url = '';

  static async start(): Promise<Unprotected> {
    const service = new Unprotected();
    const { folder } = service;
    const place = ['--unixsocket', join(folder, 'redis.sock'), '--dir', folder, '--maxmemory', '512mb'];
    service.children['redis'] = spawn('redis-server', ['--port', '0', ...place], { stdio: 'ignore' });
    try {
      const [{ port }] = await Promise.all([service.run('api'), service.run('worker')]);
      service.url = `http://127.0.0.1:${port}`;
      return service;
    } catch (error) {
      service.stop();
      throw error;
    }
  }

  get pids(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.children).map(([role, { pid }]) => [role, pid!]));
  }

  stop(): void {
    for (const child of Object.values(this.children)) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(app: 'api' | 'worker'): Promise<{ port: number }> {
    const env = {
      ...process.env,
      ...{ GLIBC_TUNABLES: '', RETENTION_GUARD: 'warn', RATE_LIMIT: 'off', PORT: '0' },
      ...{ REDIS_URL: `unix://${this.folder}/redis.sock`, ...this.keys },
    };
    const child = fork(`dist/apps/${app}/src/main.js`, { env, execArgv: [], silent: true });
    this.children[app] = child;
    let printed = '';
    child.stderr?.on('data', (piece: Buffer) => (printed += piece.toString()));
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the ${app} ended: ${printed}`)));
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
    ended.catch(() => undefined);
    return message;
  }
}

/** Images of clients that err, or whose bytes come in small pieces; the first shows that the audit sees. */
const WAYS = [
  ...['result', 'binary-as-form', 'wrong-file-field', 'wrong-text-field', 'unusual-body', 'refused-option'],
  ...['chunks-raw', 'packets'],
];

test('given the service as npm start runs it, when clients err, then nothing is left of their images', async () => {
  await expectCleanAudit(WAYS);
}, 300_000);

test('given a service without its protections, when it is audited, then leaks are found and the audit fails', async () => {
  const service = await Unprotected.start();
  try {
    const pids = Object.entries(service.pids).flatMap(([role, pid]) => ['--pid', `${role}=${pid}`]);
    const { code, printed, report } = await runAudit(['--url', service.url, ...pids, '--paths', 'result']);
    expect({ code, verdict: report.verdict }).toEqual({ code: 1, verdict: 'fail' });
    expect(placesOf(report)).toContainEqual(expect.stringMatching(/^memory .*engine .*pixels RGB/));
    expect(placesOf(report)).toContainEqual(expect.stringMatching(/^process .*engine .*may write files/));
    expect(printed).toMatch(/FAIL: \d+ findings/);
  } finally {
    service.stop();
  }
}, 180_000);
