import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AuthModule } from './auth/auth.module.js';
import { BatchesModule } from './batches/batches.module.js';
import { CompatModule } from './compat/compat.module.js';
import { CoreModule } from './core/core.module.js';
import type { Resources } from './core/providers.js';
import { CacheControl } from './http/cache-control.js';
import { JobsModule } from './jobs/jobs.module.js';
import { ServiceModule } from './service/service.module.js';

/** The API: one module per feature, with the resources that `main` has opened. */
@Module({})
export class AppModule {
  /** The application with these resources. */
  static over(resources: Resources): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CoreModule.over(resources),
        AuthModule,
        JobsModule,
        BatchesModule,
        CompatModule,
        ServiceModule,
      ],
      providers: [{ provide: APP_INTERCEPTOR, useClass: CacheControl }],
    };
  }
}
