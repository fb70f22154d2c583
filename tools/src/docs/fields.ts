import type { ApiDocument, Operation, Parameter, Schema } from './open-api.js';

/** A value that a request may have. */
export interface Field {
  name: string;
  schema: Schema;
  description: string;
  isRequired: boolean;
}

/** The values of an operation by their place. */
export interface Fields {
  path: Field[];
  /** Fields of a form with files; empty without such a form. */
  form: Field[];
  /** Fields of JSON and urlencoded bodies that differ from those of the form. */
  text: Field[];
  /** Options: fields of the form or query parameters. */
  options: Field[];
  query: Field[];
  header: Field[];
}

/** Media types of the bodies of an operation. */
export interface BodyTypes {
  form?: string;
  /** Bodies that are the image itself. */
  raw: string[];
  /** JSON and urlencoded. */
  text: string[];
}

const FORM = 'multipart/form-data';

/** True for the content of a file. */
export const isFile = (schema: Schema): boolean => schema.format === 'binary';

const contentOf = (operation: Operation) => Object.entries(operation.requestBody?.content ?? {});

export function bodyTypesOf(operation: Operation): BodyTypes {
  const others = contentOf(operation).filter(([mime]) => mime !== FORM);
  return {
    ...(operation.requestBody?.content[FORM] !== undefined && { form: FORM }),
    raw: others.filter(([, { schema }]) => isFile(schema)).map(([mime]) => mime),
    text: others.filter(([, { schema }]) => !isFile(schema)).map(([mime]) => mime),
  };
}

const fieldOf = (name: string, schema: Schema, isRequired = false): Field => ({
  ...{ name, schema, isRequired },
  description: schema.description ?? '',
});

const fieldsOfBody = (schema: Schema | undefined): Field[] =>
  Object.entries(schema?.properties ?? {}).map(([name, property]) =>
    fieldOf(name, property, schema?.required?.includes(name)),
  );

const fromParameter = ({ name, schema, description = '', required = false }: Parameter): Field => ({
  ...{ name, schema, description },
  isRequired: required,
});

/** The values of an operation: each appears once, whatever the number of bodies that may contain it. */
export function fieldsOf(operation: Operation): Fields {
  const parameters = (place: Parameter['in']): Field[] =>
    (operation.parameters ?? []).filter((each) => each.in === place).map(fromParameter);
  const form = fieldsOfBody(operation.requestBody?.content[FORM]?.schema);
  const [textType] = bodyTypesOf(operation).text;
  const text = textType === undefined ? [] : fieldsOfBody(operation.requestBody?.content[textType]?.schema);
  const query = parameters('query');
  const inForm = new Map(form.map((field) => [field.name, field]));
  const isOption = ({ name }: Field): boolean => inForm.has(name) && query.some((each) => each.name === name);
  const isNew = (field: Field): boolean =>
    JSON.stringify(field.schema) !== JSON.stringify(inForm.get(field.name)?.schema);
  return {
    ...{ path: parameters('path'), header: parameters('header') },
    form: form.filter((field) => !isOption(field)),
    text: text.filter((field) => !isOption(field) && isNew(field)),
    options: query.filter(isOption),
    query: query.filter((field) => !isOption(field)),
  };
}

/** What authorizes a request about a job or a batch, or selects the tier of a caller. */
export interface Authorization {
  /** `job` and `batch`: a token is required. `key`: an API key may be sent. */
  kind: 'job' | 'batch' | 'key';
  description: string;
  /** The token may be in the query, for EventSource. */
  isQueryToo: boolean;
}

export function authorizationOf(document: ApiDocument, operation: Operation): Authorization | undefined {
  const schemes = operation.security.flatMap((one) => Object.keys(one));
  const named = (['job', 'batch'] as const).find((kind) => schemes.includes(`${kind}-token`));
  const scheme = named === undefined ? 'api-key' : `${named}-token`;
  if (!schemes.includes(scheme)) return undefined;
  return {
    kind: named ?? 'key',
    description: document.components.securitySchemes[scheme]?.description ?? '',
    isQueryToo: schemes.includes(`${scheme}-in-query`),
  };
}
