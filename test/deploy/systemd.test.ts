import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const UNITS = 'deploy/systemd';
/** Instances represent their template. */
const RUN = readdirSync(UNITS)
  .filter((name) => name.endsWith('.service'))
  .map((name) => name.replace('@.', '@1.'));
/** systemd's own scale: 0 is nothing exposed, 10 is everything; below 2 is "OK" or "SAFE". */
const MAX_EXPOSURE = 2;

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'units-'));
  const system = join(root, 'etc/systemd/system');
  cpSync(UNITS, system, { recursive: true });
  mkdirSync(join(system, 'removebg-worker@.service.d'));
  cpSync(join(UNITS, 'worker-gpu.conf'), join(system, 'removebg-worker@.service.d/20-gpu.conf'));
  // What a machine has anyway.
  for (const name of ['sysinit', 'basic', 'shutdown', 'network', 'network-online', 'multi-user', 'sockets'])
    writeFileSync(join(system, `${name}.target`), '[Unit]\n');
  // The programs that the units name: only whether they are there is looked at.
  const programs = RUN.flatMap((unit) => [
    ...settingsOf(unit).matchAll(/^Exec\w+=(\S+)(?: \w+ (?=\/))?(\S*)/gm),
  ]);
  for (const path of programs.flatMap(([, ...paths]) => paths).filter((name) => name.startsWith('/'))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '#!/bin/sh\n');
    chmodSync(join(root, path), 0o755);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const settingsOf = (unit: string): string => readFileSync(join(UNITS, unit.replace('@1.', '@.')), 'utf8');

function analyze(...args: string[]): string {
  const env = { ...process.env, SYSTEMD_COLORS: '0', SYSTEMD_EMOJI: '0' };
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [`--root=${root}`, ...args], {
    env,
    encoding: 'utf8',
  });
  return `${status === 0 ? '' : `status ${String(status)}\n`}${stdout}${stderr}`;
}

test.each(RUN)('given %s, when systemd verifies it, then it has nothing to say', (unit) => {
  expect(analyze('verify', '--man=no', unit)).toBe('');
});

test.each(RUN)('given %s, when systemd judges how exposed it is, then it is less than two of ten', (unit) => {
  const verdict = analyze('security', '--offline=true', unit);
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(verdict)?.[1]);
  expect(exposure).toBeLessThan(MAX_EXPOSURE);
  const good = (name: string): boolean => new RegExp(`^(✓|\\+) ${name}`, 'm').test(verdict);
  for (const name of ['NoNewPrivileges=', 'ProtectSystem=', 'PrivateDevices=', 'RestrictNamespaces=~user'])
    expect([
      name,
      unit.startsWith('removebg-worker') && name === 'PrivateDevices=' ? true : good(name),
    ]).toEqual([name, true]);
});

test('given the drop-in for all units, when it is read, then it forbids files, core dumps and swap', () => {
  const all = readFileSync(join(UNITS, 'removebg-.service.d/10-hardening.conf'), 'utf8');
  for (const line of [
    'LimitFSIZE=0',
    'LimitCORE=0',
    'CoredumpFilter=0',
    'MemorySwapMax=0',
    'CapabilityBoundingSet=',
  ])
    expect(all).toMatch(new RegExp(`^${line}$`, 'm'));
  // Only what must write has leave to, and to no image: keys and passwords, a process number.
  const own = readdirSync(UNITS).filter(
    (name) => name.endsWith('.service.d') && name !== 'removebg-.service.d',
  );
  const limits = own.map(
    (name) => /LimitFSIZE=(\d+)/.exec(readFileSync(join(UNITS, name, '20-own.conf'), 'utf8'))?.[1],
  );
  expect(Object.fromEntries(own.map((name, place) => [name, limits[place]]))).toEqual({
    'removebg-edge.service.d': '512',
    'removebg-secrets.service.d': '16384',
  });
});

test('given the processes, when their units are read, then each runs within contained.sh and all but two have no network', () => {
  for (const unit of RUN.filter((name) => name !== 'removebg-secrets.service'))
    expect(settingsOf(unit)).toMatch(
      /^ExecStart=\/opt\/removebg-bd\/tools\/contained\.sh (node|redis|nginx) \//m,
    );
  const networked = RUN.filter((unit) => !settingsOf(unit).includes('PrivateNetwork=yes'));
  expect(networked.sort()).toEqual(['removebg-api.service', 'removebg-edge.service']);
  expect(settingsOf('removebg-api.service')).toMatch(/^IPAddressDeny=any\nIPAddressAllow=localhost$/m);
});
