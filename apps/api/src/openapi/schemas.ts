import type { ApiBody } from '@nestjs/swagger';
import { z } from 'zod';
import { accountSchema } from '#contracts/account-view.js';
import { batchEventSchemas } from '#contracts/batch-events.js';
import { batchCreatedSchema, batchJobSchema, batchViewSchema } from '#contracts/batch-view.js';
import { jobEventSchemas } from '#contracts/job-events.js';
import { jobAcceptedSchema, jobViewSchema, resultFactsSchema } from '#contracts/job-view.js';
import { modelListSchema, modelViewSchema } from '#contracts/model-view.js';
import { problemListSchema, problemPageSchema } from '#contracts/problem-pages.js';
import { problemSchema } from '#contracts/problem.schema.js';
import { receiptAnswerSchema, receiptKeySetSchema } from '#contracts/receipt-claims.js';
import { aliveSchema, readySchema, retentionSchema } from '#contracts/service-view.js';
import {
  removebgAccountSchema,
  removebgAnswerSchema,
  removebgErrorsSchema,
} from '#contracts/removebg-view.js';
import { EXAMPLES } from './examples.js';

/** An OpenAPI schema. */
export type Schema = Exclude<
  NonNullable<Extract<Parameters<typeof ApiBody>[0], { schema: unknown }>['schema']>,
  { $ref: string }
>;

/** Server-sent events as the document has them: the name in `event:` beside the content of `data:`. */
const eventSchema = (events: Record<string, z.ZodType>): z.ZodType =>
  z
    .union(
      Object.entries(events).map(([event, data]) =>
        z.object({
          event: z.literal(event),
          id: z.string().optional().describe('Version: send it as `Last-Event-ID` to go on from here'),
          data,
        }),
      ),
    )
    .describe('One server-sent event: `data` is JSON');

/** One event of a job. */
export const jobEventSchema = eventSchema(jobEventSchemas);

/** One event of a batch. */
export const batchEventSchema = eventSchema(batchEventSchemas);

/** Wire schemas with a name in the document; all others are inline. */
const NAMES = z.registry<{ id: string }>();
for (const [id, type] of Object.entries({
  Account: accountSchema,
  Alive: aliveSchema,
  Batch: batchViewSchema,
  BatchCreated: batchCreatedSchema,
  BatchEvent: batchEventSchema,
  BatchJob: batchJobSchema,
  Job: jobViewSchema,
  JobAccepted: jobAcceptedSchema,
  JobEvent: jobEventSchema,
  Model: modelViewSchema,
  ModelList: modelListSchema,
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
}))
  NAMES.add(type, { id });

/** What a client reads or writes; numbers without the bounds of the language, times without their long pattern. */
const WIRE = {
  io: 'input',
  unrepresentable: 'any',
  override: ({ jsonSchema }) => {
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  },
} satisfies z.core.ToJSONSchemaParams;

/** JSON Schema's own names would be taken for addresses of other documents. */
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
