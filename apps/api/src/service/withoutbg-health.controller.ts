import { Controller, Get, Inject } from '@nestjs/common';
import { VERSION } from '#contracts/version.js';
import type { WithoutbgHealth, WithoutbgReady } from '#contracts/withoutbg-view.js';
import type { ModelEntry } from '#inference/model-catalog.js';
import { MODELS } from '../core/providers.js';
import type { ProblemRenderer } from '../http/problem-responses.js';
import { Route } from '../http/route-config.js';
import { HealthController } from './health.controller.js';
import { DescribeHealth, DescribeWithoutbgReady } from './service.openapi.js';

const NOT_READY: WithoutbgReady = { status: 'not_ready' };

/** The error of `GET /ready`. */
const renderNotReady: ProblemRenderer = ({ status }) => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: NOT_READY,
});

/** What clients of withoutBG ask before they send an image to `apps/api/src/compat/withoutbg`. */
@Controller()
export class WithoutbgHealthController {
  constructor(
    @Inject(MODELS) private readonly models: readonly ModelEntry[],
    private readonly health: HealthController,
  ) {}

  /** The service is up, with its default model and its version. */
  @Get('health')
  @Route({ call: 'service', isProbe: true })
  @DescribeHealth()
  up(): WithoutbgHealth {
    return { status: 'ok', model: this.models[0]?.name ?? 'none', version: VERSION };
  }

  /** The service can do its work, as at `GET /readyz`. */
  @Get('ready')
  @Route({ call: 'service', isProbe: true, renderProblem: renderNotReady })
  @DescribeWithoutbgReady()
  async ready(): Promise<WithoutbgReady> {
    await this.health.ready();
    return { status: 'ready' };
  }
}
