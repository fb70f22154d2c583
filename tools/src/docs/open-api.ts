/** The members of a JSON Schema that the document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: readonly (string | number)[];
  examples?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  allOf?: readonly Schema[];
  contentSchema?: Schema;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description?: string;
  required?: boolean;
  schema: Schema;
}

export interface Header {
  $ref?: string;
  description?: string;
  required?: boolean;
  schema?: Schema;
}

export interface Media {
  schema: Schema;
  example?: string;
  examples?: Record<string, { value: unknown }>;
}

export interface Response {
  description: string;
  headers?: Record<string, Header>;
  content?: Record<string, Media>;
}

interface DocumentOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
  security: Record<string, string[]>[];
}

/** The OpenAPI document of the service. */
export interface ApiDocument {
  info: { description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, DocumentOperation>>;
  components: {
    schemas: Record<string, Schema>;
    headers: Record<string, Header>;
    securitySchemes: Record<string, { type: string; in?: string; name?: string; description: string }>;
  };
}

/** An operation with its place. */
export interface Operation extends DocumentOperation {
  method: string;
  path: string;
  tag: string;
  /** Name of its page: the id with hyphens. */
  slug: string;
}

const slugOf = (operationId: string): string =>
  operationId.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** All operations: by group in the order of the tags, then in the order of the document. */
export function operationsOf(document: ApiDocument): Operation[] {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      ...{ path, method: method.toUpperCase(), tag: operation.tags[0] ?? '' },
      slug: slugOf(operation.operationId),
    })),
  );
  return document.tags.flatMap(({ name }) => all.filter(({ tag }) => tag === name));
}

/** Path of the page of an operation. */
export const operationUrl = ({ slug }: { slug: string }): string => `/docs/reference/${slug}/`;

/** Name of a schema that is referred to. */
export const nameOfReference = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** The schema itself, or the one that it refers to. */
export function resolved(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return document.components.schemas[nameOfReference(schema.$ref)] ?? {};
}

/** Headers of a response by name, references followed. */
export const headersOf = (document: ApiDocument, response: Response): [name: string, header: Header][] =>
  Object.entries(response.headers ?? {}).map(([name, header]) => [
    name,
    header.$ref === undefined ? header : (document.components.headers[nameOfReference(header.$ref)] ?? {}),
  ]);

/** Responses of an operation by status, the lowest first. */
export const responsesOf = (operation: Operation): [status: number, response: Response][] =>
  Object.entries(operation.responses)
    .map(([status, response]): [number, Response] => [Number(status), response])
    .sort(([one], [other]) => one - other);

/** Values of types, for members without an example. */
const EXAMPLES: Record<string, unknown> = { boolean: true, integer: 0, number: 0, string: '…' };

const TIME = '2026-01-31T12:00:00.000Z';

const ownValue = ({ examples, const: constant, default: fallback, enum: values }: Schema): unknown =>
  examples?.[0] ?? constant ?? fallback ?? values?.[0];

/** A value of a schema, for examples: its own one, or one of its type with all required members. */
export function exampleOf(document: ApiDocument, given: Schema): unknown {
  const schema = resolved(document, given);
  const known = ownValue(schema);
  if (known !== undefined) return known;
  if (schema.anyOf?.[0] !== undefined) return exampleOf(document, schema.anyOf[0]);
  const [type = 'string'] = [schema.type ?? []].flat();
  if (type === 'array') return schema.items === undefined ? [] : [exampleOf(document, schema.items)];
  if (type !== 'object') return schema.format === 'date-time' ? TIME : (schema.minimum ?? EXAMPLES[type]);
  const members = Object.entries(schema.properties ?? {});
  return Object.fromEntries(
    members
      .filter(([name]) => schema.required?.includes(name) === true)
      .map(([name, member]) => [name, exampleOf(document, member)]),
  );
}
