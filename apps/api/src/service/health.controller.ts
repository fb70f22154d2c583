import { Controller, Get, Inject } from '@nestjs/common';
import { Problem } from '#contracts/problem-catalog.js';
import type { ReadyView } from '#contracts/service-view.js';
import { BROKER, SETTINGS, STOPPING } from '../core/providers.js';
import { Route } from '../http/route-config.js';
import { DescribeAlive, DescribeReady } from './service.openapi.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';

/** For load balancers and operators. */
@Controller()
export class HealthController {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  /** The process is alive. */
  @Get('healthz')
  @Route({ call: 'service', isProbe: true })
  @DescribeAlive()
  alive(): { status: 'alive' } {
    return { status: 'alive' };
  }

  /**
   * The service can do its work: a real write to Redis, a worker with a warm model or one that an image will start, a shard
   * that takes jobs.
   */
  @Get('readyz')
  @Route({ call: 'service', isProbe: true })
  @DescribeReady()
  async ready(): Promise<ReadyView> {
    const { workerRegistry, payloads } = this.broker;
    if (this.stopping.aborted) throw new Problem('shutting-down', { retryAfterS: 5 });
    await this.broker.probe();
    const workers = await workerRegistry.live();
    if (workers.length === 0 && this.settings.MIN_WORKERS !== 0) {
      throw new Problem('not-ready', { detail: 'No worker is ready.', retryAfterS: 2 });
    }
    const shards = payloads.views();
    if (shards.length > 0 && shards.every(({ state }) => state !== 'up')) {
      throw new Problem('not-ready', { detail: 'No payload shard takes jobs.', retryAfterS: 2 });
    }
    return {
      status: workers.length === 0 ? 'no worker, will start' : 'ready',
      workers: workers.map(({ model, provider, slots }) => ({ model, provider, slots })),
      ...(shards.length > 0 && { shards }),
    };
  }
}
