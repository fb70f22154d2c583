import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';

/** The user of the edge when the tests run as root: `nobody`. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Keeps the proxy's output a pipe that it may open by name, as container engines do; Node's own is a socket. */
const PIPED = 'set -e; "$@" 2>&1 | cat';

/** Settings of a site, and what a test may remove to show its effect. */
export interface EdgeOrder {
  /** Addresses of the API, `host:port`. */
  upstreams: readonly string[];
  /** Lines for the http block, as `include cloudflare.conf;` would be. */
  realAddress?: string;
  /** The whole configuration in place of the shipped one; `PORT`, `UPSTREAM` and `FOLDER` are filled in. */
  stock?: string;
}

/** A real nginx on the files of deploy/nginx, in a private folder in memory. */
export class EdgeProcess {
  readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'removebg-edge-'));
  private child: ChildProcess | undefined;
  private printed = '';
  port = 0;

  /** Starts it; resolves once it takes connections. @throws Error with what it said when it does not start */
  static async start(order: EdgeOrder): Promise<EdgeProcess> {
    const edge = new EdgeProcess();
    edge.port = await freePort();
    edge.prepare(order);
    await edge.launch(order.stock === undefined);
    return edge;
  }

  /** Address for clients. */
  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** File with the certificate to trust. */
  get certificate(): string {
    return join(this.folder, 'conf', 'tls', 'fullchain.pem');
  }

  /** The first process and its workers. */
  get pids(): number[] {
    const first = Number(readFileSync(join(this.folder, 'run', 'nginx.pid'), 'utf8'));
    const children = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').trim().split(/\s+/);
    return [first, ...children.map(Number)];
  }

  /** Everything printed so far. */
  output(): string {
    return this.printed;
  }

  /** The access lines so far. */
  lines(): Record<string, unknown>[] {
    const whole = this.printed.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Names of all files below the folder it runs in. */
  files(): string[] {
    return readdirSync(join(this.folder, 'run'), { recursive: true }).map(String);
  }

  /** Ends it and removes the folder. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child !== undefined && child.exitCode === null) {
      const exited = once(child, 'exit');
      process.kill(this.pids[0] ?? 0, 'SIGTERM');
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private prepare({ upstreams, realAddress, stock }: EdgeOrder): void {
    const conf = join(this.folder, 'conf');
    cpSync('deploy/nginx', conf, { recursive: true });
    mkdirSync(join(conf, 'tls'));
    mkdirSync(join(this.folder, 'run'));
    makeCertificate(join(conf, 'tls'));
    const site = siteFor(readFileSync(join(conf, 'site.conf'), 'utf8'), this.port, upstreams);
    writeFileSync(join(conf, 'site.conf'), `${realAddress ?? ''}\n${site}`);
    if (stock !== undefined) {
      const facts = { PORT: String(this.port), UPSTREAM: upstreams[0] ?? '', FOLDER: this.folder };
      const filled = Object.entries(facts).reduce(
        (text, [name, value]) => text.replaceAll(name, value),
        stock,
      );
      writeFileSync(join(conf, 'nginx.conf'), filled);
    }
    handOver(this.folder);
  }

  private async launch(contained: boolean): Promise<void> {
    const nginx = ['nginx', '-p', join(this.folder, 'run'), '-c', join(this.folder, 'conf', 'nginx.conf')];
    const limited = contained ? ['tools/contained.sh', 'nginx', ...nginx] : nginx;
    const unprivileged = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
    const [program = '', ...rest] = [...(isRoot ? unprivileged : []), 'sh', '-c', PIPED, 'sh', ...limited];
    const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
    const child = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => (this.printed += piece.toString()));
    this.child = child;
    const ready = (): boolean => {
      if (child.exitCode !== null) throw new Error(`nginx ended:\n${this.printed}`);
      return this.files().includes('nginx.pid') && this.pids.length > 1;
    };
    await eventually(ready, 5000).catch((error: unknown) => {
      throw new Error(`nginx did not start: ${String(error)}\n${this.printed}`);
    });
  }
}

/** The shipped site on a port and with a certificate of the test's own. */
function siteFor(shipped: string, port: number, upstreams: readonly string[]): string {
  const servers = upstreams.map((address) => `server ${address} max_fails=2 fail_timeout=2s;`).join('\n');
  return shipped
    .replaceAll(/^ *listen \[::\].*\n/gm, '')
    .replaceAll('listen 443', `listen ${port}`)
    .replace('cutouts.example.com', 'localhost')
    .replace(/^ *server 127\.0\.0\.1:3000 .*$/m, servers);
}

/** Makes a certificate for `localhost` and its key in a folder. */
export function makeCertificate(folder: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem')];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...name], { stdio: 'ignore' });
}

/** Gives everything to the user that the edge runs as. */
function handOver(folder: string): void {
  if (!isRoot) return;
  for (const name of ['', ...readdirSync(folder, { recursive: true }).map(String)])
    chownSync(join(folder, name), NOBODY, NOBODY);
  chmodSync(folder, 0o711);
}

/** A free port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
