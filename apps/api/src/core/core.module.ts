import { Global, Module, type DynamicModule } from '@nestjs/common';
import { ApiKeyFile } from '#auth/api-key-file.js';
import { Log } from '#telemetry/log.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';
import {
  AUDIT,
  BROKER,
  IMAGE_FETCHER,
  API_SECRET,
  MODELS,
  SETTINGS,
  STOPPING,
  WORKER_PUBLIC_KEY,
  type Resources,
} from './providers.js';

/** Provides the resources that `main` has opened to all modules. */
@Global()
@Module({})
export class CoreModule {
  /** The module with these resources. */
  static over(resources: Resources): DynamicModule {
    const {
      settings,
      broker,
      log,
      telemetry,
      apiSecret,
      workerKey,
      keys,
      receipts,
      models,
      images,
      audit,
      stopping,
    } = resources;
    const providers = [
      { provide: SETTINGS, useValue: settings },
      { provide: BROKER, useValue: broker },
      { provide: API_SECRET, useValue: apiSecret },
      { provide: WORKER_PUBLIC_KEY, useValue: workerKey },
      { provide: MODELS, useValue: models },
      { provide: IMAGE_FETCHER, useValue: images },
      { provide: AUDIT, useValue: audit },
      { provide: STOPPING, useValue: stopping },
      { provide: Log, useValue: log },
      { provide: ApiTelemetry, useValue: telemetry },
      { provide: ApiKeyFile, useValue: keys },
      { provide: ReceiptSigner, useValue: receipts },
    ];
    return { module: CoreModule, providers, exports: providers };
  }
}
