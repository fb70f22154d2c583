import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';

/** A JSON Schema, as far as it is looked at here. */
export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  examples?: unknown[];
  default?: unknown;
  contentSchema?: Schema;
}

/** A parameter of an operation. */
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

interface Header {
  required?: boolean;
  schema: Schema;
}

/** An answer that an operation may give. */
export interface DocumentedAnswer {
  headers?: Record<string, Header>;
  content?: Record<string, { schema: Schema }>;
}

/** An operation of the document. */
export interface DocumentedOperation {
  parameters?: Parameter[];
  security: Record<string, unknown>[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, DocumentedAnswer>;
}

interface Document {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
}

type Node = Record<string, unknown>;

/** Name under which the document's schemas refer to each other. */
const BASE = 'contract.json';

/** An OpenAPI 3.1 document to hold answers against. Objects may have no members that it does not list. */
export class ContractDocument {
  /** Operations by method and path, such as `GET /v1/jobs/{id}`. */
  readonly operations: ReadonlyMap<string, DocumentedOperation>;
  private readonly ajv = new Ajv2020({
    strictTypes: false,
    allErrors: true,
    formats: { ...fullFormats, binary: true },
  });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(json: unknown) {
    const root = closed(structuredClone(json)) as Node;
    const { paths, components } = resolved(root, root) as Document;
    this.ajv.addSchema({ $id: BASE, $defs: components.schemas });
    this.operations = new Map(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation]),
      ),
    );
  }

  /** What is wrong with a value, in words; empty when nothing is. */
  faults(schema: Schema, value: unknown): string {
    const key = JSON.stringify(schema);
    let validate = this.validators.get(key);
    if (validate === undefined) {
      validate = this.ajv.compile(schema);
      this.validators.set(key, validate);
    }
    return validate(value) ? '' : this.ajv.errorsText(validate.errors);
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Forbids members that are not listed, so that a response contains nothing that is not documented. */
function closed(value: unknown): unknown {
  if (!isNode(value)) return value;
  for (const child of Object.values(value)) closed(child);
  if (value['type'] === 'object' && isNode(value['properties'])) value['additionalProperties'] ??= false;
  return value;
}

/** The value with references to all but schemas replaced; those to schemas become absolute. */
function resolved(value: unknown, root: Node): unknown {
  if (!isNode(value)) return value;
  const ref = value['$ref'];
  if (typeof ref === 'string') {
    if (ref.startsWith('#/components/schemas/'))
      return { $ref: ref.replace('#/components/schemas/', `${BASE}#/$defs/`) };
    const steps = ref.slice(2).split('/');
    return resolved(
      steps.reduce<unknown>((at, step) => (at as Node)[step], root),
      root,
    );
  }
  if (Array.isArray(value)) return value.map((item) => resolved(item, root));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, resolved(child, root)]));
}
