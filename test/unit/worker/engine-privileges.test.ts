import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { confined } from '../../../apps/worker/src/engine/engine-privileges.js';

const isRoot = process.getuid?.() === 0;
const OTHER_USER = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'removebg-privileges-'));
const file = join(folder, 'model');
beforeAll(() => writeFileSync(file, ''));
afterAll(() => rmSync(folder, { recursive: true }));

/** Lines of /proc/self/status of the program that a command starts, by name. */
function statusOf([program, ...args]: readonly string[]): Record<string, string> {
  const lines = execFileSync(program ?? '', [...args, '/proc/self/status'], { encoding: 'utf8' }).split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s+/, 2) as [string, string]));
}

it('given files that everyone may read, when a program is started, then it has no capability and can gain none', () => {
  const { command, fault } = confined(['/bin/cat'], [file]);
  expect(fault).toBeUndefined();
  const status = statusOf(command);
  expect(status).toMatchObject({ NoNewPrivs: '1', CapPrm: '0'.repeat(16), CapEff: '0'.repeat(16) });
  if (isRoot) expect(status).toMatchObject({ CapBnd: '0'.repeat(16), CapInh: '0'.repeat(16) });
});

it('given files that only a capability makes readable, when a program is started, then the fault is reported and it can gain none', () => {
  if (isRoot) chownSync(file, OTHER_USER, OTHER_USER);
  chmodSync(file, 0o600);
  const { command, fault } = confined(['/bin/cat'], [file]);
  // Other users have no capability to keep.
  expect(fault).toEqual(isRoot ? expect.stringMatching(/^engine\.capabilities are kept: /) : undefined);
  expect(statusOf(command)['NoNewPrivs']).toBe('1');
});

it('given a process without privileges, when it starts a program, then the command is unchanged', () => {
  const script = `import('./dist/apps/worker/src/engine/engine-privileges.js').then(({ confined }) => {
    console.log(JSON.stringify(confined(['/bin/cat'], ['/nowhere'])));
  });`;
  const drop = isRoot ? ['--bounding-set=-all', '--inh-caps=-all'] : [];
  const started = execFileSync('setpriv', ['--no-new-privs', ...drop, process.execPath, '-e', script], {
    encoding: 'utf8',
  });
  expect(JSON.parse(started)).toEqual({ command: ['/bin/cat'] });
});
