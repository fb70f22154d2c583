import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageSettings } from './dockerfile.js';

/**
 * Makes the output a pipe that the program may open by name (/dev/stdout), as engines do; Node's own is a socket.
 */
const PIPED = `
pipe=/dev/shm/removebg-pipe-$1
shift
mkfifo -m 666 "$pipe"
cat "$pipe" &
"$@" >"$pipe" 2>&1
code=$?
rm "$pipe"
wait
exit $code`;

const DEVICES = ['null', 'zero', 'urandom'];

/** What the compose file adds to an image. */
export interface ContainerOrder {
  /** Folder with the root of its file system. */
  root: string;
  settings: ImageSettings;
  env?: Record<string, string>;
  /** Folders of this machine, by the place where the container sees them. */
  folders: Record<string, string>;
  hasNetwork: boolean;
}

/**
 * An image's entry point, run as an engine would, by util-linux instead: in namespaces of its own for mounts, processes
 * and (unless it has one) the network, on its tree as a read-only root with /proc, three devices and the folders given,
 * as the image's user, who can get no right. Needs root, as an engine does.
 */
export class ImageProcess {
  private printed = '';
  readonly exited: Promise<number | NodeJS.Signals | null>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly env: Record<string, string>,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => (this.printed += piece.toString()));
    this.exited = once(child, 'exit').then(
      ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
    );
  }

  /** Starts it. */
  static start(order: ContainerOrder): ImageProcess {
    const { settings, hasNetwork } = order;
    const spaces = ['--mount', '--pid', '--fork', '--kill-child', ...(hasNetwork ? [] : ['--net'])];
    const command = [...settings.entrypoint, ...settings.command];
    const args = [randomUUID(), 'unshare', ...spaces, 'sh', '-c', enter(order), 'sh', ...command];
    const child = spawn('sh', ['-c', PIPED, 'sh', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    return new ImageProcess(child, { ...settings.env, ...order.env });
  }

  /** Runs one more program where another runs already: with its root, processes and network, as the image's user. */
  static beside(running: ImageProcess, settings: ImageSettings, command: string[]): ImageProcess {
    const [user = '', group = ''] = settings.user.split(':');
    const spaces = ['--target', String(running.pid), '--mount', '--pid', '--net', '--root', '--wd'];
    const args = [...spaces, `--setuid=${user}`, `--setgid=${group}`, ...command];
    const { env } = running;
    return new ImageProcess(spawn('nsenter', args, { env, stdio: ['ignore', 'pipe', 'pipe'] }), env);
  }

  /** Everything it has printed. */
  output(): string {
    return this.printed;
  }

  /** Number of the container's first process, as this machine counts. */
  get pid(): number {
    return this.children(this.child.pid ?? 0).flatMap((pid) => this.children(pid))[0] ?? 0;
  }

  /** Of a process and all below it. */
  get pids(): number[] {
    const below = (pid: number): number[] => [pid, ...this.children(pid).flatMap(below)];
    return below(this.pid);
  }

  /** Stops it as an engine does: asks, and kills after a while. Resolves with its exit status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 30_000): Promise<number | NodeJS.Signals | null> {
    const { pid } = this;
    if (pid > 0) process.kill(pid, signal);
    // The first process of a space takes the others with it.
    const late = setTimeout(() => pid > 0 && process.kill(pid, 'SIGKILL'), graceMs);
    return this.exited.finally(() => clearTimeout(late));
  }

  private children(pid: number): number[] {
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number);
    } catch {
      return [];
    }
  }
}

/** The script that makes the container's surroundings and becomes its program. */
function enter({ root, settings, env = {}, folders }: ContainerOrder): string {
  const [user = '', group = ''] = settings.user.split(':');
  for (const place of ['dev', 'proc', 'tmp', settings.folder, ...Object.keys(folders)])
    mkdirSync(join(root, place), { recursive: true });
  for (const device of DEVICES) writeFileSync(join(root, 'dev', device), '');
  if (!existsSync(join(root, 'dev/stdout'))) symlinkSync('/proc/self/fd/1', join(root, 'dev/stdout'));
  const all = Object.entries({ ...settings.env, ...env }).map(([name, value]) => `'${name}=${value}'`);
  return [
    'set -e',
    'mount --make-rprivate /',
    `mount --bind '${root}' '${root}'`,
    `mount -t proc -o nosuid,nodev,noexec proc '${root}/proc'`,
    ...DEVICES.map((device) => `mount --bind /dev/${device} '${root}/dev/${device}'`),
    ...Object.entries(folders).map(([place, folder]) => `mount --bind '${folder}' '${root}${place}'`),
    `mount -o remount,bind,ro '${root}'`,
    `exec env -i ${all.join(' ')} setpriv --no-new-privs unshare --root='${root}' --wd='${settings.folder}' ` +
      `--setuid=${user} --setgid=${group} -- "$@"`,
  ].join('\n');
}
