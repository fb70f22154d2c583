import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { loadSettings } from '#config/settings.js';
import { AppModule } from './app.module.js';
import type { Resources } from './core/providers.js';
import { describeApi } from './openapi/api-document.js';

/**
 * The OpenAPI document of a service that does not run. In preview mode Nest creates no instances, so no broker or key is
 * needed.
 */
export async function offlineDocument(): Promise<OpenAPIObject> {
  const resources = { settings: loadSettings({}) } as Resources;
  const app = await NestFactory.create(AppModule.over(resources), new FastifyAdapter(), {
    ...{ preview: true, logger: false, abortOnError: false },
  });
  return describeApi(app);
}
