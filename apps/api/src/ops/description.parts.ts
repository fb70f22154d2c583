import { type applyDecorators } from '@nestjs/common';
import { type ApiBody, ApiHeader, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '#contracts/problem.catalogue.js';

/** What a describing function returns. */
export type Decorator = ReturnType<typeof applyDecorators>;
/** An OpenAPI schema. */
export type Schema =
  NonNullable<Parameters<typeof ApiBody>[0]> extends infer B
    ? B extends { schema: infer S }
      ? S
      : never
    : never;

/** The OpenAPI schema of a wire schema. */
export const schemaOf = (type: z.ZodType): Schema =>
  z.toJSONSchema(type, { io: 'output', unrepresentable: 'any' }) as Schema;

/** Schema of bytes. */
export const binary = { type: 'string', format: 'binary' } as Schema;

const pixels = (description: string): { description: string; schema: { type: 'integer' } } => ({
  description,
  schema: { type: 'integer' },
});

/** Headers of an answer that is a result. Widths and heights in pixels of the result. */
export const resultHeaders = {
  'X-Width': pixels('Width of the result'),
  'X-Height': pixels('Height of the result'),
  'X-Foreground-Top': pixels('Rows above the subject'),
  'X-Foreground-Left': pixels('Columns left of the subject'),
  'X-Foreground-Width': pixels('Width of the subject; 0 when nothing is visible'),
  'X-Foreground-Height': pixels('Height of the subject; 0 when nothing is visible'),
  'Server-Timing': {
    description: 'Milliseconds of each stage; `infer` says which model ran where (W3C Server Timing)',
    schema: { type: 'string' as const },
  },
};

const problemSchema = { $ref: '#/components/schemas/Problem' } as Schema;

/** Problems a call may answer with, one response a status. */
export function problems(...codes: ProblemCode[]): MethodDecorator[] {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes)
    byStatus.set(PROBLEMS[code][0], [...(byStatus.get(PROBLEMS[code][0]) ?? []), code]);
  return [...byStatus].map(([status, list]) =>
    ApiResponse({
      status,
      description: list.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join('\n\n'),
      content: { 'application/problem+json': { schema: problemSchema } },
    }),
  );
}

/** What all calls on one job have in common. */
export const job = (): MethodDecorator[] => [
  ApiTags('jobs'),
  ApiParam({ name: 'id', description: 'Job id', schema: { type: 'string' } }),
  ApiHeader({ name: 'Authorization', description: '`Bearer` and the token of the job', required: false }),
];

/** The `?wait=` parameter. */
export const wait = (): MethodDecorator =>
  ApiQuery({
    name: 'wait',
    required: false,
    description: 'Seconds to wait',
    schema: { type: 'integer', minimum: 0 },
  });
