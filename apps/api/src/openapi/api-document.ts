import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';
import { HEADERS } from './headers.js';
import { problemResponse, SCHEMES } from './parts.js';
import { namedSchemas } from './schemas.js';

/** What any call may be answered with, whatever it asks. */
const HEAD_REFUSALS = [
  'invalid-request',
  'cross-site-request',
  'expectation-failed',
  'misdirected-request',
  'too-many-open-requests',
  'headers-too-large',
] as const satisfies ProblemCode[];

const ABOUT =
  'Background removal that keeps nothing. A job is purged the moment its result is delivered.\n\n' +
  'Every error is `application/problem+json` (RFC 9457) with a stable `code`; its `type` is the address of a page that ' +
  'explains it. Who prefers HTML, as browsers do, gets a page instead on GET. Options that a form gives empty count ' +
  'as absent; parameters that are not known are refused.\n\n' +
  'HEAD is answered like GET, without a body, wherever an answer can be had again. Before any call is looked at, its head ' +
  'may be refused: ' +
  HEAD_REFUSALS.map((code) => `\`${code}\` (${PROBLEMS[code][0]})`).join(', ') +
  '.';

/** What each group of operations is about. */
const TAGS: Record<string, string> = {
  jobs: 'One image: submit it, follow it, collect the result once.',
  batches: 'Thousands of images under one token: add them, fetch each cut-out when it is finished.',
  compatibility: 'Calls of remove.bg v1.0 and of rembg, for clients that were written for them.',
  account: 'What a caller may use.',
  retention: 'What is kept for how long, and how that can be checked.',
  operation: 'The service itself: health and models.',
};

const LICENCE = { name: 'Apache License 2.0', identifier: 'Apache-2.0' };

const KEY = 'API key, `rb_…`. Without one a client is anonymous. Not the token of a job.';
const BATCH_TOKEN = 'Token of the batch, from the response to its opening. Not an API key.';
const TOKEN = 'Token of the job, from the response to its submission. Not an API key.';

/** Everything of the document that is not about one operation. */
function frame(): Omit<OpenAPIObject, 'paths'> {
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
        description: `${TOKEN} For EventSource, which sets no headers.`,
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
  return { ...config, info: { title, description: description ?? '', version, license: LICENCE } };
}

/** The OpenAPI 3.1 document of every operation that the application has. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, frame(), { autoTagControllers: false });
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

/** What holds for every operation: it may hit a defect of ours, and needs no secret unless it says which. */
const withCommonParts = (operation: Operation): Operation => ({
  ...operation,
  security: operation.security ?? [],
  responses: { 500: problemResponse(['internal-error']), ...operation.responses },
});
