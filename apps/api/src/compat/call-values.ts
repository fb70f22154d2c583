import type { FastifyRequest } from 'fastify';
import type { OutputFacts } from '#broker/records/job-record.js';
import { PROMISES } from '#contracts/job-options.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';

/** Options of this service that endpoints of other APIs accept as well. */
export const ADDITIONS = [
  'model',
  'refine',
  'bit_depth',
  'subject',
  'scraps',
  'effort',
  'graphics',
  'holes',
  ...PROMISES,
] as const;

/** For requests without extra fields. */
export const NO_FIELDS: ReadonlyMap<string, string> = new Map();

/** Credits that are reported to clients that check their balance. The number is constant: every call is free. */
export const FREE_CALLS = 1_000_000;

/** Parameters of the query that are not empty. The last value of a repeated one counts. */
export function textsInQuery(request: FastifyRequest): Map<string, string> {
  const query = Object.entries(request.query as Record<string, string | string[]>);
  return new Map(
    query
      .map(([name, value]): [string, string] => [name, Array.isArray(value) ? (value.at(-1) ?? '') : value])
      .filter(([, value]) => value !== ''),
  );
}

/** The parameters of the query that have one of these names. */
export const optionsInQuery = (request: FastifyRequest, names: readonly string[]): Map<string, string> =>
  new Map([...textsInQuery(request)].filter(([name]) => names.includes(name)));

/** The value of a parameter that must be one of `values`, ignoring case. @throws Problem `invalid-parameter` */
export function oneOf<T extends string>(
  texts: ReadonlyMap<string, string>,
  parameter: string,
  values: readonly T[],
): T | undefined {
  const text = texts.get(parameter);
  const value = values.find((one) => one.toLowerCase() === text?.trim().toLowerCase());
  if (text !== undefined && value === undefined) {
    throw new Problem('invalid-parameter', mustBe(parameter, values));
  }
  return value;
}

/**
 * True when the client accepts JSON and no image. Many HTTP libraries send "application/json, text/plain, *\/*" by default, and
 * expect the image.
 */
export function wantsJson(request: FastifyRequest): boolean {
  const accept = (request.headers.accept ?? '').toLowerCase();
  return accept.includes('application/json') && !/\*\/\*|image\//.test(accept);
}

/** Milliseconds of the work on a result, all stages together. */
export const workMs = ({ timingsMs }: OutputFacts): number =>
  Math.round(Object.values(timingsMs).reduce((sum, ms) => sum + ms, 0));
