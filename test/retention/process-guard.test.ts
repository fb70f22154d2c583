import { execFileSync } from 'node:child_process';

const LOOK = `
  process.on('SIGUSR1', () => undefined);
  import('./dist/libs/retention/src/process-checks.js').then(({ processFacts }) => {
    console.log(JSON.stringify(processFacts().filter((fact) => !fact.holds).map((fact) => fact.fact)));
  });`;

/** Names of facts that do not hold in a Node started by `script`, a shell text in which "$@" is Node. */
function faults(script: string, nodeOptions: string[] = [], program = LOOK): string[] {
  const command = [process.execPath, ...nodeOptions, '--input-type=module', '-e', program];
  const env = { ...process.env, GLIBC_TUNABLES: '', NODE_OPTIONS: '' };
  const printed = execFileSync('/bin/sh', ['-c', script, 'sh', ...command], { encoding: 'utf8', env });
  return JSON.parse(printed) as string[];
}

const CONTAINED = 'tools/contained.sh node "$@" | cat';

describe('what a process finds when it checks itself', () => {
  it('given contained.sh, when a process looks, then nothing could be kept', () => {
    expect(faults(CONTAINED)).toEqual([]);
  });

  it('given no limits and no malloc settings, when a process looks, then it names them', () => {
    expect(faults('"$@"')).toEqual(expect.arrayContaining(['process.file-size-limit', 'process.malloc']));
  });

  it.each([
    [
      'files',
      'ulimit -c 0; export GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0; setpriv --no-new-privs "$@"',
      'process.file-size-limit',
    ],
    [
      'core dumps',
      'ulimit -f 0; ulimit -c unlimited; export GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0; setpriv --no-new-privs "$@" | cat',
      'process.core-limit',
    ],
    [
      'freed memory',
      'ulimit -c 0; ulimit -f 0; export GLIBC_TUNABLES=glibc.malloc.perturb=165; setpriv --no-new-privs "$@" | cat',
      'process.malloc',
    ],
    [
      'new privileges',
      'ulimit -c 0; ulimit -f 0; export GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0; "$@" | cat',
      'process.new-privileges',
    ],
  ])(
    'given everything but the rule for %s, when a process checks itself, then it names only that one',
    (_what, script, fault) => {
      expect(faults(script).filter((name) => name !== 'process.temporary-folder')).toEqual([fault]);
    },
  );

  it('given a debugger port or a report option, when a process looks, then it names it', () => {
    expect(faults(CONTAINED, ['--inspect=127.0.0.1:0'])).toEqual(['process.node-options']);
    expect(faults(CONTAINED, ['--report-on-fatalerror'])).toEqual(['process.node-options']);
  });

  it('given no listener for SIGUSR1, when a process looks, then it names the signal', () => {
    expect(faults(CONTAINED, [], LOOK.replace(/process\.on.*\n/, '\n'))).toEqual(['process.debugger-signal']);
  });
});
