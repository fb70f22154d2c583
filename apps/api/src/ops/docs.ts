import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS } from '#contracts/problem.catalogue.js';
import { KEY_SCHEMES } from './account.description.js';

const KEY = 'API key, `rb_…`. Without one a client is anonymous. Not the token of a job.';

/** Serves `/openapi.json` (OpenAPI 3.1) and the reference page at `/docs`, from this origin alone. */
export function serveDocs(app: INestApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Removebg BD')
    .setDescription(
      'Background removal that keeps nothing. A job is purged the moment its result is delivered.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Api-Key', description: KEY }, KEY_SCHEMES.header)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: KEY }, KEY_SCHEMES.bearer)
    .build();
  const document = withProblems(SwaggerModule.createDocument(app, config, { autoTagControllers: false }));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Removebg BD API',
    customCss: '.swagger-ui .topbar { display: none }',
    customfavIcon: '/favicon.svg',
  });
}

function withProblems(document: OpenAPIObject): OpenAPIObject {
  const Problem = {
    type: 'object',
    description: 'RFC 9457 problem',
    required: ['type', 'title', 'status', 'code'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string', enum: Object.keys(PROBLEMS) },
      detail: { type: 'string' },
      parameter: { type: 'string' },
      retry_after: { type: 'integer' },
    },
  };
  return {
    ...document,
    components: { ...document.components, schemas: { ...document.components?.schemas, Problem } },
  };
}
