import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram, run, runSync } from './processes.js';
import { duration, say } from './report.js';

/** Names of one package in each package manager. */
export type PackageNames = Readonly<Record<'apt-get' | 'dnf' | 'apk' | 'brew', string>>;

/** The same name in every package manager. */
export const sameName = (name: string): PackageNames => ({
  ...{ 'apt-get': name, dnf: name, apk: name, brew: name },
});

interface Manager {
  program: keyof PackageNames;
  /** Installs packages: a script for `sh` with their names as arguments. */
  script: string;
  /** brew refuses to run as root. */
  needsRoot: boolean;
}

/** Debian starts a service when its package is installed; `policy-rc.d` prevents that during the installation. */
const APT = `
export DEBIAN_FRONTEND=noninteractive
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
fi
install_packages() { apt-get install -y -q --no-install-recommends "$@" </dev/null; }
install_packages "$@" >/dev/null 2>&1 || { apt-get update -q && install_packages "$@"; }
`;

const MANAGERS: readonly Manager[] = [
  { program: 'apt-get', script: APT, needsRoot: true },
  { program: 'dnf', script: 'dnf install -y -q "$@"', needsRoot: true },
  { program: 'apk', script: 'apk add --no-progress "$@"', needsRoot: true },
  { program: 'brew', script: 'brew install --quiet "$@"', needsRoot: false },
];

const systemManager = (): Manager | undefined =>
  MANAGERS.find(({ program }) => findProgram(program) !== undefined);

const needsSudo = ({ needsRoot }: Manager): boolean => needsRoot && process.getuid?.() !== 0;

/** The command that installs a package on this system; undefined without a known package manager. */
export function installCommand(names: PackageNames): string | undefined {
  const manager = systemManager();
  if (manager === undefined) return undefined;
  const { program } = manager;
  return `${needsSudo(manager) ? 'sudo ' : ''}${program} ${program === 'apk' ? 'add' : 'install'} ${names[program]}`;
}

/**
 * Installs a package when this user may: as root, or with a sudo that asks for no password. The caller checks whether
 * the program is there afterwards.
 * @param step name of the set-up step, for the messages
 * @param notice how long to wait first, and what the user can do instead
 */
export async function installPackage(
  step: string,
  names: PackageNames,
  { noticeMs = 0, alternative = '' } = {},
): Promise<void> {
  const manager = systemManager();
  if (manager === undefined) return;
  if (needsSudo(manager) && !canSudo()) return;
  const name = names[manager.program];
  say(`${step}: not found; installing the system package ${name} (${installCommand(names)})`);
  if (noticeMs > 0) {
    say(`${step}: starting in ${duration(noticeMs)}. Press Ctrl-C to stop. ${alternative}`.trimEnd());
    await sleep(noticeMs);
  }
  const command = ['sh', '-c', manager.script, 'sh', name];
  await (needsSudo(manager) ? run('sudo', ['-n', ...command]) : run('sh', command.slice(1)));
}

/** True when sudo exists and asks for no password. */
const canSudo = (): boolean => findProgram('sudo') !== undefined && runSync('sudo', ['-n', 'true']).ok;
