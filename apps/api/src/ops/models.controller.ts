import { Controller, Get, Header } from '@nestjs/common';
import type { ModelList } from '#contracts/model.view.js';
import { ApiContext } from '../api.context.js';
import { DescribeModels } from './service.description.js';

/** Tells which models may be asked for. */
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly context: ApiContext) {}

  /** What is on offer is fixed, what is loaded is not: so nobody keeps the answer. */
  @Get()
  @Header('Cache-Control', 'no-store')
  @DescribeModels()
  async list(): Promise<ModelList> {
    const { models, broker } = this.context;
    const workers = await broker.pace.workers();
    const loaded = new Set(workers.flatMap((worker) => worker.models));
    // A worker that cannot have its accelerator has another default than one that can.
    const preferred = workers[0]?.model ?? models[0]?.name;
    return {
      models: models.map(({ name, title, licence, provenance, sha256, input }) => ({
        name,
        title,
        default: name === preferred,
        loaded: loaded.has(name),
        input: { width: input.sidePixels, height: input.sidePixels },
        licence,
        provenance,
        sha256,
      })),
    };
  }
}
