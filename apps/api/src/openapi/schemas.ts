import type { ApiBody } from '@nestjs/swagger';
import { z } from 'zod';
import { accountSchema, type AccountView } from '#contracts/account-view.js';
import { batchEventSchemas } from '#contracts/batch-events.js';
import {
  batchCreatedSchema,
  batchJobSchema,
  batchViewSchema,
  batchLinks,
  type BatchJob,
  type BatchView,
} from '#contracts/batch-view.js';
import { jobEventSchemas } from '#contracts/job-events.js';
import {
  jobAcceptedSchema,
  jobViewSchema,
  resultFactsSchema,
  jobLinks,
  type JobAccepted,
  type JobView,
  type ResultFacts,
} from '#contracts/job-view.js';
import { modelListSchema, modelViewSchema } from '#contracts/model-view.js';
import { problemListSchema, problemPageSchema } from '#contracts/problem-pages.js';
import { problemSchema } from '#contracts/problem.schema.js';
import { receiptAnswerSchema, receiptKeySetSchema } from '#contracts/receipt-claims.js';
import { auditDocumentSchema } from '#contracts/audit-document.js';
import { retentionSchema } from '#contracts/retention-view.js';
import { aliveSchema, readySchema, type ReadyView } from '#contracts/service-view.js';
import {
  removebgAccountSchema,
  removebgAnswerSchema,
  removebgErrorsSchema,
} from '#contracts/removebg-view.js';
import { photoroomAnswerSchema, photoroomErrorSchema } from '#contracts/photoroom-view.js';
import {
  withoutbgAlphaSchema,
  withoutbgAnswerSchema,
  withoutbgCreditSchema,
  withoutbgErrorSchema,
  withoutbgHealthSchema,
  withoutbgImageSchema,
  withoutbgReadySchema,
} from '#contracts/withoutbg-view.js';
import type { BatchId } from '#contracts/batch-id.js';
import { problemBody } from '#contracts/problem-catalog.js';
import type { JobId } from '#contracts/job-id.js';

/** An OpenAPI schema. */
export type Schema = Exclude<
  NonNullable<Extract<Parameters<typeof ApiBody>[0], { schema: unknown }>['schema']>,
  { $ref: string }
>;

/** Schema of server-sent events: the name in `event:`, and the content of `data:`. */
const eventSchema = (events: Record<string, z.ZodType>): z.ZodType =>
  z
    .union(
      Object.entries(events).map(([event, data]) =>
        z.object({
          event: z.literal(event),
          id: z
            .string()
            .optional()
            .describe('Version: send it as `Last-Event-ID` to resume after this event'),
          data,
        }),
      ),
    )
    .describe('One server-sent event: `data` is JSON');

/** One event of a job. */
export const jobEventSchema = eventSchema(jobEventSchemas);

/** One event of a batch. */
export const batchEventSchema = eventSchema(batchEventSchemas);

/** Wire schemas with a name in the document. All others are inline. */
const NAMES = z.registry<{ id: string }>();
for (const [id, type] of Object.entries({
  Account: accountSchema,
  Alive: aliveSchema,
  AuditReport: auditDocumentSchema,
  Batch: batchViewSchema,
  BatchCreated: batchCreatedSchema,
  BatchEvent: batchEventSchema,
  BatchJob: batchJobSchema,
  Job: jobViewSchema,
  JobAccepted: jobAcceptedSchema,
  JobEvent: jobEventSchema,
  Model: modelViewSchema,
  ModelList: modelListSchema,
  PhotoroomAnswer: photoroomAnswerSchema,
  PhotoroomError: photoroomErrorSchema,
  Problem: problemSchema,
  ProblemList: problemListSchema,
  ProblemPage: problemPageSchema,
  Ready: readySchema,
  ReceiptAnswer: receiptAnswerSchema,
  ReceiptKeySet: receiptKeySetSchema,
  RemovebgAccount: removebgAccountSchema,
  RemovebgAnswer: removebgAnswerSchema,
  RemovebgErrors: removebgErrorsSchema,
  ResultFacts: resultFactsSchema,
  RetentionStatement: retentionSchema,
  WithoutbgAlpha: withoutbgAlphaSchema,
  WithoutbgAnswer: withoutbgAnswerSchema,
  WithoutbgCredit: withoutbgCreditSchema,
  WithoutbgError: withoutbgErrorSchema,
  WithoutbgHealth: withoutbgHealthSchema,
  WithoutbgImage: withoutbgImageSchema,
  WithoutbgReady: withoutbgReadySchema,
}))
  NAMES.add(type, { id });

/** Options for wire schemas: numbers without the limits of JavaScript, times without their long pattern. */
const WIRE = {
  io: 'input',
  unrepresentable: 'any',
  override: ({ jsonSchema }) => {
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  },
} satisfies z.core.ToJSONSchemaParams;

/** Removes names of JSON Schema, which would be resolved as URLs of other documents. */
const withoutNames = (schema: Record<string, unknown>): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$id' && key !== '$schema'));

/** The OpenAPI schema of a wire schema: a reference when it has a name. */
export function schemaOf(type: z.ZodType): Schema {
  const id = NAMES.get(type)?.id;
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` } as unknown as Schema;
  return withoutNames(z.toJSONSchema(type, WIRE));
}

/** The OpenAPI schemas of the fields of a form or query, with their defaults. */
export function fieldsOf(type: z.ZodObject): Record<string, Schema> {
  const { properties = {} } = z.toJSONSchema(type, { ...WIRE, io: 'output' });
  return properties as Record<string, Schema>;
}

/** All schemas that have a name, for the document's components. */
export function namedSchemas(): Record<string, Schema> {
  const { schemas } = z.toJSONSchema(NAMES, { ...WIRE, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [
      id,
      {
        ...withoutNames(schema as Record<string, unknown>),
        ...(EXAMPLES[id] !== undefined && { examples: [EXAMPLES[id]] }),
      },
    ]),
  );
}

const id = 'q83vASNFZ4mrze8BI0VniQ' as JobId;

const ResultFacts: ResultFacts = {
  bytes: 482_113,
  width: 512,
  height: 512,
  format: 'png',
  foreground: { left: 31, top: 42, width: 380, height: 470 },
  confidence: 0.97,
  subjects: [{ box: { left: 31, top: 42, width: 380, height: 470 }, share: 1 }],
  hints: [],
  looks: 1,
  model: 'isnet',
  provider: 'cpu',
};

const JobAccepted: JobAccepted = {
  id,
  token: 'Zm9yLXRoaXMtam9iLW9ubHktbmV2ZXItc3RvcmVkLWE',
  status: 'queued',
  queue_position: 1,
  eta_ms: 900,
  expires_at: '2026-01-31T12:05:00.000Z',
  links: jobLinks(id),
};

const Job: JobView = {
  id,
  status: 'ready',
  version: 4,
  done: false,
  result: ResultFacts,
  expires_at: '2026-01-31T12:02:00.000Z',
  links: jobLinks(id),
};

const Account: AccountView = {
  tier: 'standard',
  key: { id: 'k7Qm2vXa9B' },
  limits: {
    weight: 4,
    requests_per_minute: 300,
    megapixels_per_minute: 2500,
    images_in_flight: 64,
    bytes_in_flight: 1_610_612_736,
  },
  left: { requests: 299, requests_reset_s: 57, megapixels: 2499, megapixels_reset_s: 1 },
  in_flight: { images: 1, bytes: 2_621_440 },
};

const batchId = 'Zk3vASNFZ4mrze8BI0VniQ' as BatchId;

const Batch: BatchView = {
  id: batchId,
  status: 'closed',
  version: 4012,
  counts: {
    ...{ total: 2000, queued: 57, running: 2, ready: 5, delivering: 1 },
    ...{ delivered: 1934, failed: 1, cancelled: 0, expired: 0 },
  },
  failures: [{ custom_id: 'shoes/4711.jpg', id, problem: problemBody('image-corrupt') }],
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: '2026-01-31T13:20:00.000Z',
  links: batchLinks(batchId),
};

const BatchJob: BatchJob = { ...JobAccepted, custom_id: 'shoes/4711.jpg' };

const Ready: ReadyView = { status: 'ready', workers: [{ model: 'isnet', provider: 'cpu', slots: 1 }] };

/** Examples of named schemas, by name. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  ...{ Account, Batch, BatchJob, Job, JobAccepted, Ready, ResultFacts },
};
