import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, makeCertificate } from './edge.process.js';
import { eventually } from './eventually.js';
import { ImageProcess } from './image.process.js';
import type { ImageTrees } from './image.tree.js';

/** The images' user. */
export const IMAGE_USER = 10_001;

/** The service of docker-compose.yml, each part run from its image's tree. */
export class ImageSystem {
  private readonly folder = mkdtempSync('/dev/shm/removebg-images-');
  readonly parts: Record<string, ImageProcess> = {};
  port = 0;
  edgePort = 0;

  constructor(private readonly trees: ImageTrees) {
    for (const name of ['redis', 'secrets', 'edge']) mkdirSync(join(this.folder, name), { mode: 0o700 });
    writeFileSync(join(this.folder, 'secrets', 'kek'), randomBytes(32), { mode: 0o400 });
    for (const name of ['redis', 'secrets', 'secrets/kek', 'edge'])
      chownSync(join(this.folder, name), IMAGE_USER, IMAGE_USER);
    chmodSync(this.folder, 0o711);
  }

  /** Starts Redis, API and worker; resolves once the service is ready to work. */
  async start(): Promise<void> {
    this.port = await freePort();
    const shared = { '/run/redis': join(this.folder, 'redis'), '/run/secrets': join(this.folder, 'secrets') };
    const env = { REDIS_URL: 'unix:///run/redis/redis.sock', KEK_FILE: '/run/secrets/kek' };
    this.run('redis', {}, { '/run/redis': shared['/run/redis'] });
    this.run('api', { ...env, PORT: String(this.port), TRUST_PROXY: '127.0.0.1' }, shared, true);
    this.run('worker', env, shared);
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

  private run(
    name: string,
    env: Record<string, string>,
    folders: Record<string, string>,
    hasNetwork = false,
  ) {
    const settings = this.trees.file.settings(name);
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
