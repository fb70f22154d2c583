import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import { describeApi } from './api.document.js';

/** Serves `/openapi.json` (OpenAPI 3.1) and the reference page at `/docs`, from this origin alone. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, describeApi(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Removebg BD API',
    customCss: '.swagger-ui .topbar { display: none }',
    customfavIcon: '/favicon.svg',
  });
}
