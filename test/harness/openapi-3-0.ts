/** A value of a JSON document. */
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = Record<string, Json>;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members of a schema that OpenAPI 3.0 does not have. */
const UNKNOWN: ReadonlySet<string> = new Set([
  ...['contentSchema', 'contentMediaType', 'contentEncoding', 'propertyNames'],
]);

/** Operations for clients of other services. Generator 4.3.1 cannot send two files in one form in Go. */
const OTHER_CLIENTS = 'compatibility';

/** Of several types of a request body, generator 4.3.1 mixes the first type and the encoding of another. */
const BODY_TYPE = 'application/json';

/** What OpenAPI 3.0 writes in another way: `const`, `examples`, lists of types. */
function convertSchema(schema: JsonObject): void {
  const { const: constant, examples, type } = schema;
  if (typeof constant === 'string' || typeof constant === 'boolean') {
    schema['enum'] = [constant];
    schema['type'] ??= typeof constant;
    delete schema['const'];
  }
  if (Array.isArray(examples)) {
    schema['example'] = examples[0] ?? null;
    delete schema['examples'];
  }
  if (Array.isArray(type)) {
    const [first = 'string'] = type.filter((each) => each !== 'null');
    if (type.includes('null')) schema['nullable'] = true;
    schema['type'] = first;
  }
}

/** What generator 4.3.1 cannot express in a class. */
function simplify(schema: JsonObject): void {
  // A schema that is narrowed for one response stands for itself: the generator would lose its namespace.
  const [base] = Array.isArray(schema['allOf']) ? schema['allOf'] : [];
  if (isObject(base) && typeof base['$ref'] === 'string') {
    delete schema['allOf'];
    schema['$ref'] = base['$ref'];
  }
  // One of several members is required.
  const either = Array.isArray(schema['anyOf']) ? schema['anyOf'] : [];
  if (either.length > 0 && either.every((each) => isObject(each) && Object.keys(each).join() === 'required'))
    delete schema['anyOf'];
}

/** Leaves one type of a request body, and gives its schema a name: the generator numbers schemas without one. */
function chooseBody({ operationId, requestBody: body }: JsonObject, schemas: JsonObject): void {
  const types = isObject(body) ? body['content'] : undefined;
  const chosen = isObject(types) ? types[BODY_TYPE] : undefined;
  if (!isObject(body) || !isObject(chosen) || typeof operationId !== 'string') return;
  const name = `${operationId.replace(/^./, (first) => first.toUpperCase())}Body`;
  schemas[name] = chosen['schema'] ?? {};
  body['content'] = { [BODY_TYPE]: { schema: { $ref: `#/components/schemas/${name}` } } };
}

/** Removes schemas to which nothing refers. */
function prune(document: JsonObject, components: JsonObject): void {
  const schemas = (): JsonObject => (isObject(components['schemas']) ? components['schemas'] : {});
  for (let before = NaN; before !== Object.keys(schemas()).length;) {
    before = Object.keys(schemas()).length;
    const text = JSON.stringify(document);
    const used = Object.entries(schemas()).filter(([name]) =>
      text.includes(`"#/components/schemas/${name}"`),
    );
    components['schemas'] = Object.fromEntries(used);
  }
}

/** A value with all that is in it, as OpenAPI 3.0. */
function convert(value: Json): Json {
  if (Array.isArray(value)) return value.map(convert);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([name]) => !UNKNOWN.has(name));
  const copy: JsonObject = Object.fromEntries(members.map(([name, member]) => [name, convert(member)]));
  convertSchema(copy);
  simplify(copy);
  return copy;
}

const isForOthers = (operation: Json): boolean =>
  isObject(operation) && Array.isArray(operation['tags']) && operation['tags'].includes(OTHER_CLIENTS);

/** The OpenAPI 3.1 document as 3.0.3, for generators that read no newer one. */
export function asOpenApi30(text: string): string {
  const document = convert(JSON.parse(text) as Json) as JsonObject;
  document['openapi'] = '3.0.3';
  const { info, paths, components } = document;
  const schemas = isObject(components) && isObject(components['schemas']) ? components['schemas'] : {};
  if (isObject(info) && isObject(info['license'])) delete info['license']['identifier'];
  for (const [path, operations] of Object.entries(isObject(paths) ? paths : {}))
    if (isObject(paths) && isObject(operations)) {
      const kept = Object.entries(operations).filter(([, operation]) => !isForOthers(operation));
      paths[path] = Object.fromEntries(kept);
      for (const [, operation] of kept) if (isObject(operation)) chooseBody(operation, schemas);
    }
  if (isObject(components)) prune(document, components);
  return JSON.stringify(document);
}
