import { Controller, Get, Inject } from '@nestjs/common';
import type { ModelList } from '#contracts/model-view.js';
import { BROKER, MODELS } from '../core/providers.js';
import { Route } from '../http/route-config.js';
import { DescribeModels } from './service.openapi.js';
import type { Broker } from '#broker/broker.js';
import { nominalSize, type ModelEntry } from '#inference/model-catalog.js';

/** Lists the models that clients may ask for. */
@Controller('v1/models')
export class ModelsController {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(MODELS) private readonly models: readonly ModelEntry[],
  ) {}

  /** What is offered is fixed, what is loaded changes: so the response is not cached. */
  @Get()
  @Route({ call: 'service' })
  @DescribeModels()
  async list(): Promise<ModelList> {
    const { models, broker } = this;
    const workers = await broker.workerRegistry.live();
    const loaded = new Set(workers.flatMap((worker) => worker.models));
    // A worker that cannot have its accelerator has another default than one that can.
    const preferred = workers[0]?.model ?? models[0]?.name;
    return {
      models: models.map(({ name, title, license, provenance, sha256, input }) => ({
        name,
        title,
        default: name === preferred,
        loaded: loaded.has(name),
        input: nominalSize(input),
        license,
        provenance,
        sha256,
      })),
    };
  }
}
