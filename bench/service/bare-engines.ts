import { execFileSync } from 'node:child_process';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { enginePlans } from '#config/engine-plan.js';
import { imageLimits } from '#config/image-limits.js';
import { loadSettings } from '#config/settings.js';
import { EngineSupervisor } from '../../apps/worker/src/engine/engine-supervisor.js';

/** The engines of workers, with one thread each and without a service. */
export class BareEngines {
  private constructor(private readonly hosts: EngineSupervisor[]) {}

  /**
   * Starts `count` engines with the memory settings of the service, so that only the service around them is compared.
   */
  static async start(count: number): Promise<BareEngines> {
    const printed = execFileSync('tools/contained.sh', ['node', 'printenv', 'GLIBC_TUNABLES'], {
      encoding: 'utf8',
    });
    process.env['GLIBC_TUNABLES'] = printed.trim();
    const settings = loadSettings({ ...process.env, THREADS: '1' });
    const engine = { plans: enginePlans(settings), modelDir: settings.MODEL_DIR, threads: 1 };
    const hosts = Array.from(
      { length: count },
      () => new EngineSupervisor({ ...engine, ...imageLimits(settings) }),
    );
    await Promise.all(hosts.map((host) => host.start()));
    return new BareEngines(hosts);
  }

  /** Images per second, when each engine processes `images` images one after the other. */
  async rate(photo: Buffer, images: number): Promise<number> {
    const options = jobOptionsSchema.parse({});
    const startedAt = performance.now();
    await Promise.all(
      this.hosts.map(async (host) => {
        for (let i = 0; i < images; i += 1) await host.run({ image: photo, options, deadlineMs: 60_000 });
      }),
    );
    return (1000 * images * this.hosts.length) / (performance.now() - startedAt);
  }

  /** Stops them. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.stop()));
  }
}
