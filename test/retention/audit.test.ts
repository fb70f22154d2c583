import { fork, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanProcess } from '../../apps/audit/src/scan/slice.scan.js';
import { tallyOf } from '../../apps/audit/src/scan/tally.js';
import { indexPayloads } from '../../apps/audit/src/scan/window.index.js';
import { readCommand } from '../../apps/audit/src/command.line.js';
import { placesOf, runAudit } from '../support/audit.command.js';

const BYTES = 400_000;

/** Holds what it is sent at an odd offset of a buffer, in memory only; `wipe` overwrites it. */
const HOLDER = `
let held;
process.on('message', ({ hex, offset, wipe }) => {
  if (wipe) held.fill(0);
  else {
    held = Buffer.allocUnsafeSlow(hex.length / 2 + offset);
    // Digit by digit: Buffer.from(hex) would leave a second copy in a pool.
    for (let i = 0; i < hex.length; i += 2) held[offset + i / 2] = parseInt(hex.slice(i, i + 2), 16);
  }
  process.send('done');
});
process.send('ready');`;

class Holder {
  private constructor(private readonly child: ChildProcess) {}

  static async start(): Promise<Holder> {
    const child = spawn(process.execPath, ['-e', HOLDER], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
    return new Holder(child);
  }

  get pid(): number {
    return this.child.pid!;
  }

  async tell(message: { hex?: string; offset?: number; wipe?: true }): Promise<void> {
    this.child.send(message);
    await once(this.child, 'message');
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

const shares = (pid: number, payloads: { held: Buffer; control: Buffer }) => {
  const index = indexPayloads([
    { canary: 'test', kind: 'held', bytes: payloads.held },
    { canary: 'test', kind: 'control', bytes: payloads.control },
  ]);
  const kinds = tallyOf(index, scanProcess(pid, index).found, () => 'memory', 1);
  return { held: kinds[0]!.share, control: kinds[1]!.share };
};

describe('the memory scanner', () => {
  let holder: Holder;
  beforeEach(async () => {
    holder = await Holder.start();
  });
  afterEach(() => holder.end());

  test.each([0, 1, 3, 5, 7])(
    'given a process that holds bytes at an offset of %i, when it is scanned, then all of them are found, and none of a control',
    async (offset) => {
      const payloads = { held: randomBytes(BYTES), control: randomBytes(BYTES) };
      await holder.tell({ hex: payloads.held.toString('hex'), offset });
      expect(shares(holder.pid, payloads)).toEqual({ held: 1, control: 0 });
    },
  );

  test('given bytes that were overwritten, when the process is scanned, then none of them are found', async () => {
    const payloads = { held: randomBytes(BYTES), control: randomBytes(BYTES) };
    await holder.tell({ hex: payloads.held.toString('hex'), offset: 3 });
    await holder.tell({ wipe: true });
    expect(shares(holder.pid, payloads)).toEqual({ held: 0, control: 0 });
  });

  test('given half of the bytes, when the process is scanned, then half of the windows are found', async () => {
    const payloads = { held: randomBytes(BYTES), control: randomBytes(BYTES) };
    await holder.tell({ hex: payloads.held.subarray(0, BYTES / 2).toString('hex'), offset: 1 });
    const { held, control } = shares(holder.pid, payloads);
    expect(held).toBeCloseTo(0.5, 1);
    expect(control).toBe(0);
  });

  test('given bytes without variety, when they are indexed, then they are no evidence and not looked for', () => {
    const index = indexPayloads([{ canary: 'test', kind: 'plain', bytes: Buffer.alloc(BYTES, 'abcd') }]);
    expect(index.labels[0]!.sampled).toBe(0);
  });
});

describe('the command line', () => {
  test.each([
    [['--pid', 'api=1'], /--url and --pid/],
    [['--url', 'http://x'], /--url and --pid/],
    [['--url', 'http://x', '--pid', 'cook=1'], /ROLE is one of/],
    [['--url', 'http://x', '--pid', 'api=-1'], /not the number of a process/],
    [['--paths', 'result,moon'], /no such path/],
    [['--report', 'a.pdf'], /must end in/],
    [['--wrong'], /--wrong/],
  ])('given %j, when it is read, then it is refused with the reason', (args, reason) => {
    expect(() => readCommand(args)).toThrow(reason);
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

describe('the audit', () => {
  test('given the service as npm start runs it, when images take some of their paths, then nothing is left of them', async () => {
    const { code, printed, report } = await runAudit([
      '--paths',
      'result,multipart,base64-json,base64-form,corrupt,upload-broken,archive',
    ]);
    expect(placesOf(report)).toEqual([]);
    expect(printed).toMatch(/PASS: after 7 paths/);
    expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: 'pass' });
  }, 120_000);

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
