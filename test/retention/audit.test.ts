import { fork, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommand } from '../../apps/audit/src/command-line.js';
import type { AuditReport } from '../../apps/audit/src/report/audit-report.js';
import { placesOf, runAudit } from '../harness/audit.command.js';

describe('the command line', () => {
  test.each([
    [['--pid', 'api=1'], /--url and --pid/],
    [['--url', 'http://x'], /--url and --pid/],
    [['--url', 'http://x', '--pid', 'cook=1'], /ROLE is one of/],
    [['--url', 'http://x', '--pid', 'api=-1'], /not the number of a process/],
    [['--paths', 'result,moon'], /no such path/],
    [['--rounds', '0'], /from 1 to 100/],
    [['--idle', 'long'], /from 0 to 600/],
    [['--shards', '10'], /from 0 to 9/],
    [['--report', 'a.pdf'], /must end in/],
    [['--wrong'], /--wrong/],
  ])('given %j, when it is read, then it is refused with the reason', (args, reason) => {
    expect(() => readCommand(args)).toThrow(reason);
  });

  test('given some paths, when the line is read, then the path that shows that the audit sees is walked first', () => {
    const { paths, rounds, idleS } = readCommand(['--paths', 'packets,result,refused-option']);
    expect(paths.map(({ name }) => name)).toEqual(['result', 'packets', 'refused-option']);
    expect({ rounds, idleS }).toEqual({ rounds: 1, idleS: 0 });
  });

  test('given the long form, when the line is read, then there are ten rounds with rest over all paths', () => {
    const long = readCommand(['--long', '--rounds', '3']);
    const names = long.paths.map(({ name }) => name);
    expect({ rounds: long.rounds, idleS: long.idleS }).toEqual({ rounds: 3, idleS: 15 });
    expect(readCommand([]).paths.map(({ name }) => name)).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
  });
});

/** The service started by hand on a Redis as it comes: nothing overwrites what is freed, nothing forbids files. */
class Unprotected {
  private readonly folder = mkdtempSync(join(tmpdir(), 'unprotected-'));
  private readonly children: Record<string, ChildProcess> = {};
  url = '';

  static async start(): Promise<Unprotected> {
    const service = new Unprotected();
    const { folder } = service;
    writeFileSync(join(folder, 'kek'), randomBytes(32), { mode: 0o600 });
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
      ...{ REDIS_URL: `unix://${this.folder}/redis.sock`, KEK_FILE: join(this.folder, 'kek') },
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

/** Images that clients send as they should, or break off. */
const WELL_KNOWN_WAYS = 'result,multipart,base64-json,base64-form,corrupt,upload-broken,archive'.split(',');

/** Images of clients that err, or whose bytes come in small pieces. */
const ERRING_WAYS = [
  ...['binary-as-form', 'wrong-file-field', 'wrong-text-field', 'unusual-body', 'refused-option'],
  ...['chunks-raw', 'packets'],
];

/** Parts of the service that were looked at, on every path. */
const rolesOf = ({ paths }: AuditReport): Set<string> => {
  const seen = paths.map(({ looks }) => looks.at(-1)!.look.memory.map(({ role }) => role));
  return new Set(seen[0]!.filter((role) => seen.every((roles) => roles.includes(role))));
};

describe('the audit', () => {
  test('given the service as npm start runs it, when images take some of their paths, then nothing is left of them', async () => {
    const { code, printed, report } = await runAudit([
      '--paths',
      [...WELL_KNOWN_WAYS, ...ERRING_WAYS].join(','),
    ]);
    expect(placesOf(report)).toEqual([]);
    expect(printed).toMatch(`PASS: after ${WELL_KNOWN_WAYS.length + ERRING_WAYS.length} paths`);
    expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: 'pass' });
    expect(rolesOf(report)).toEqual(new Set(['api', 'worker', 'engine', 'redis', 'launcher']));
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
  }, 60_000);
});
