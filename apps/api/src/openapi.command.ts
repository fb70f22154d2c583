import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { loadSettings } from '#config/settings.js';
import type { Resources } from './core/providers.js';
import { AppModule } from './app.module.js';
import { describeApi } from './openapi/api-document.js';

/** Prints the OpenAPI document. In preview mode Nest creates no instances, so no broker or key is needed. */
const resources = { settings: loadSettings({}) } as Resources;
const app = await NestFactory.create(AppModule.over(resources), new FastifyAdapter(), {
  preview: true,
  logger: false,
  abortOnError: false,
});
process.stdout.write(`${JSON.stringify(describeApi(app), null, 2)}\n`);
