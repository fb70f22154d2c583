import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { loadSettings } from '#settings/settings.js';
import type { ApiContext } from '../api.context.js';
import { ApiModule } from '../api.module.js';
import { describeApi } from './api.document.js';

/** Prints the OpenAPI document. Nest makes nothing in a preview, so nothing is opened: there is no broker, no key. */
const context = { settings: loadSettings({}) } as ApiContext;
const app = await NestFactory.create(ApiModule.over(context), new FastifyAdapter(), {
  preview: true,
  logger: false,
  abortOnError: false,
});
process.stdout.write(`${JSON.stringify(describeApi(app), null, 2)}\n`);
