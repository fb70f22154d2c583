import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCompose } from './compose-file.js';
import { freePort, makeCertificate } from './edge-process.js';
import { eventually } from './eventually.js';
import { ImageProcess } from './image-process.js';
import type { ImageTrees } from './image-tree.js';

/** The images' user. */
export const IMAGE_USER = 10_001;

const compose = readCompose();
/** Those that have secrets. */
const SERVICES = ['redis', 'api', 'worker'];
const secretsOf = (service: string): string => `secrets-${service}`;
const environmentOf = (service: string): Record<string, string> =>
  compose.services[service]?.environment ?? {};

/** The service of docker-compose.yml, each part run from its image's tree. */
export class ImageSystem {
  private readonly folder = mkdtempSync('/dev/shm/removebg-images-');
  readonly parts: Record<string, ImageProcess> = {};
  port = 0;
  edgePort = 0;

  constructor(private readonly trees: ImageTrees) {
    for (const name of ['redis', 'edge', ...SERVICES.map(secretsOf)]) {
      mkdirSync(join(this.folder, name), { mode: 0o700 });
      chownSync(join(this.folder, name), IMAGE_USER, IMAGE_USER);
    }
    this.drawSecrets();
    chmodSync(this.folder, 0o711);
  }

  /** Starts Redis, API and worker; resolves once the service is ready to work. */
  async start(): Promise<void> {
    this.port = await freePort();
    this.run('redis', {}, this.foldersOf('redis'));
    // Values that an operator would set are unset.
    const given = Object.entries(environmentOf('api')).filter(([, value]) => !value.includes('${'));
    const own = { PORT: String(this.port), TRUST_PROXY: '127.0.0.1' };
    this.run('api', { ...Object.fromEntries(given), ...own }, this.foldersOf('api'), true);
    this.run('worker', environmentOf('worker'), this.foldersOf('worker'));
    await this.answers(`http://127.0.0.1:${this.port}/readyz`);
  }

  /** Starts the edge in front of the API, on a port of its own; returns its certificate's file. */
  async startEdge(): Promise<string> {
    this.edgePort = await freePort();
    const place = join(this.trees.root('edge'), 'etc/removebg-edge');
    mkdirSync(join(place, 'tls'), { recursive: true });
    makeCertificate(join(place, 'tls'));
    chownSync(join(place, 'tls', 'privkey.pem'), IMAGE_USER, IMAGE_USER);
    const site = readFileSync('deploy/containers/edge.site.conf', 'utf8')
      .replace('listen 8443', `listen ${this.edgePort}`)
      .replace('172.31.250.3:3000', `127.0.0.1:${this.port}`);
    rmSync(join(place, 'site.conf'));
    writeFileSync(join(place, 'site.conf'), site);
    this.run('edge', {}, { '/run/edge': join(this.folder, 'edge') }, true);
    return join(place, 'tls', 'fullchain.pem');
  }

  /** Runs one more program in a running part's namespaces, as `docker exec` and health checks do. */
  inside(name: string, command: string[]): ImageProcess {
    return ImageProcess.beside(this.parts[name]!, this.trees.file.settings(name), command);
  }

  /** Ends what still runs and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all(Object.values(this.parts).map((part) => part.stop('SIGTERM', 10_000)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The secrets of deploy/secrets.sh, each with the services that the Compose file gives it to. */
  private drawSecrets(): void {
    const drawn = join(this.folder, 'drawn');
    execFileSync('deploy/secrets.sh', [drawn, `${IMAGE_USER}:${IMAGE_USER}`]);
    for (const service of SERVICES)
      for (const secret of compose.services[service]?.secrets ?? [])
        execFileSync('cp', ['-p', join(drawn, secret), join(this.folder, secretsOf(service))]);
    rmSync(drawn, { recursive: true });
  }

  private foldersOf(service: string): Record<string, string> {
    const folders = { '/run/redis': 'redis', '/run/secrets': secretsOf(service) };
    return Object.fromEntries(
      Object.entries(folders).map(([place, name]) => [place, join(this.folder, name)]),
    );
  }

  private run(
    name: string,
    env: Record<string, string>,
    folders: Record<string, string>,
    hasNetwork = false,
  ) {
    const image = this.trees.file.settings(name);
    const settings = { ...image, command: compose.services[name]?.command ?? image.command };
    this.parts[name] = ImageProcess.start({
      root: this.trees.root(name),
      settings,
      env,
      folders,
      hasNetwork,
    });
  }

  private async answers(url: string): Promise<void> {
    const isReady = (): Promise<boolean> =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually(isReady, 150_000).catch(() => {
      const said = Object.entries(this.parts).map(([name, part]) => `${name}: ${part.output()}`);
      throw new Error(`the service did not become ready:\n${said.join('\n')}`);
    });
  }
}
