import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';
import { HEADERS } from './headers.js';
import { problemResponse, SCHEMES } from './parts.js';
import { namedSchemas } from './schemas.js';

/** Problems that any request may be answered with. */
const HEAD_REFUSALS = [
  'invalid-request',
  'cross-site-request',
  'expectation-failed',
  'misdirected-request',
  'too-many-open-requests',
  'headers-too-large',
] as const satisfies ProblemCode[];

const ABOUT =
  'Background removal with zero retention. A job is purged as soon as its result has been delivered.\n\n' +
  'Errors are `application/problem+json` (RFC 9457) with a stable `code`; `type` is the URL of a page that explains the ' +
  'error. Clients that prefer HTML, such as browsers, get a page in response to GET. Empty form fields count as absent. ' +
  'Unknown query parameters are rejected.\n\n' +
  'HEAD is supported wherever a GET can be repeated. Any request may be rejected because of its head: ' +
  HEAD_REFUSALS.map((code) => `\`${code}\` (${PROBLEMS[code][0]})`).join(', ') +
  '.';

/** Descriptions of the groups of operations. */
const TAGS: Record<string, string> = {
  jobs: 'One image: submit it, follow its progress, download the result once.',
  batches: 'Thousands of images with one token: add them, and download each cut-out when it is ready.',
  compatibility: 'Endpoints that are compatible with remove.bg v1.0, Photoroom v1, withoutBG and rembg.',
  account: 'Limits of the caller.',
  retention: 'What is kept, for how long, and how to verify it.',
  operation: 'Health, models and problems of the service.',
};

const LICENSE = { name: 'Apache License 2.0', identifier: 'Apache-2.0' };

const KEY = 'API key, `rb_…`. Optional: clients without a key are anonymous. Not the token of a job.';
const BATCH_TOKEN = 'Token of the batch, from the response that opened it. Not an API key.';
const TOKEN = 'Token of the job, from the response to the upload. Not an API key.';

/** The parts of the document that are common to all operations. */
function documentBase(): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setTitle('Removebg BD')
    .setDescription(ABOUT)
    .setVersion('1')
    .setOpenAPIVersion('3.1.1')
    .addServer('/', 'This service')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Api-Key', description: KEY }, SCHEMES.key)
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'rb_…', description: KEY },
      SCHEMES.keyAsBearer,
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'base64url', description: TOKEN },
      SCHEMES.token,
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'query',
        name: 'token',
        description: `${TOKEN} For EventSource, which cannot send headers.`,
      },
      SCHEMES.tokenInQuery,
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'base64url', description: BATCH_TOKEN },
      SCHEMES.batchToken,
    )
    .addApiKey(
      { type: 'apiKey', in: 'query', name: 'token', description: `${BATCH_TOKEN} For EventSource.` },
      SCHEMES.batchTokenInQuery,
    );
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  const config = builder.build();
  const { title, description, version } = config.info;
  return { ...config, info: { title, description: description ?? '', version, license: LICENSE } };
}

/** The OpenAPI 3.1 document of all operations of the application. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, documentBase(), { autoTagControllers: false });
  return {
    ...document,
    paths: mapOperations(document.paths, withCommonParts),
    components: { ...document.components, schemas: namedSchemas(), headers: HEADERS },
  };
}

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['get']>;

const mapOperations = (paths: Paths, change: (operation: Operation) => Operation): Paths =>
  Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [method, change(operation as Operation)]),
      ),
    ]),
  );

/** Adds to an operation what holds for all: the response 500, and no required secret unless it declares one. */
const withCommonParts = (operation: Operation): Operation => ({
  ...operation,
  security: operation.security ?? [],
  responses: { 500: problemResponse(['internal-error']), ...operation.responses },
});

/** Serves `/openapi.json` (OpenAPI 3.1). The page at `/docs` that shows it is one of the built files (apps/web). */
export function serveDocument(app: NestFastifyApplication): void {
  const json = JSON.stringify(describeApi(app));
  const server = app.getHttpAdapter().getInstance();
  server.get('/openapi.json', { config: { call: 'service' } }, (_request, reply) =>
    reply.type('application/json').send(json),
  );
}
