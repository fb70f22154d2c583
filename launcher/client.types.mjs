/** Type declarations of the client's package: its own, as the compiler writes them, and the wire types as plain ones. */
import ts from 'typescript';
import { inRoot } from './places.mjs';

const SOURCES = inRoot('libs', 'client', 'src/');
const ENTRY = inRoot('libs', 'client', 'src', 'package.entry.ts');
const CONTRACT = /(['"])#contracts\/[^'"]+\1/g;

/**
 * A JSON Schema, as far as the contracts use it.
 * @typedef {object} Schema
 * @property {string | string[]} [type]
 * @property {unknown[]} [enum]
 * @property {unknown} [const]
 * @property {Schema[]} [anyOf]
 * @property {Schema} [items]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {string} [description]
 */

/** @type {Record<string, string>} */
const PLAIN = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' };

/**
 * The TypeScript of a schema.
 * @param {Schema} schema
 * @param {string} indent
 * @returns {string}
 */
function typeOf(schema, indent = '') {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((each) => typeOf(each, indent)).join(' | ');
  if (schema.type === 'array') return `(${typeOf(schema.items ?? {}, indent)})[]`;
  if (schema.type === 'object') return objectType(schema, indent);
  return PLAIN[String(schema.type)] ?? 'unknown';
}

/**
 * @param {Schema} schema
 * @param {string} indent
 */
function objectType({ properties = {}, required = [] }, indent) {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => {
    const about =
      member.description === undefined ? '' : `${inner}/** ${member.description.replaceAll('*/', '')} */\n`;
    return `${about}${inner}${name}${required.includes(name) ? '' : '?'}: ${typeOf(member, inner)};`;
  });
  return `{\n${members.join('\n')}\n${indent}}`;
}

/** The wire types that the client's declarations name, from the schemas of the contracts. */
async function wireTypes() {
  const { z } = await import('zod');
  const [options, job, events, batch, receipts, states, problems] = await Promise.all([
    import('#contracts/job.options.js'),
    import('#contracts/job.view.js'),
    import('#contracts/job.events.js'),
    import('#contracts/batch.view.js'),
    import('#contracts/receipt.claims.js'),
    import('#contracts/job.states.js'),
    import('#contracts/problem.catalogue.js'),
  ]);
  const read = (
    /** @type {import('zod').ZodType} */ schema,
    /** @type {'input' | 'output'} */ io = 'input',
  ) => typeOf(/** @type {Schema} */ (z.toJSONSchema(schema, { io })));
  const eventTypes = Object.entries(events.jobEventSchemas).map(
    ([name, schema]) => `  ${name}: ${read(schema)};`,
  );
  const union = (/** @type {readonly string[]} */ names) =>
    names.map((name) => JSON.stringify(name)).join(' | ');
  /** @type {Record<string, string>} */
  const types = {
    JobId: 'string',
    Stage: union(states.STAGES),
    ProblemCode: union(Object.keys(problems.PROBLEMS)),
    JobOptions: read(options.jobOptionsSchema, 'output'),
    ResultFacts: read(job.resultFactsSchema),
    JobView: read(job.jobViewSchema),
    JobAccepted: read(job.jobAcceptedSchema),
    BatchView: read(batch.batchViewSchema),
    BatchCreated: read(batch.batchCreatedSchema),
    BatchJob: read(batch.batchJobSchema),
    ReceiptClaims: read(receipts.receiptClaimsSchema),
    ReceiptKeySet: read(receipts.receiptKeySetSchema),
    JobEvents: `{\n${eventTypes.join('\n')}\n}`,
    JobEventName: 'keyof JobEvents',
  };
  return Object.entries(types)
    .map(([name, text]) => `export type ${name} = ${text};\n`)
    .join('\n');
}

/**
 * All declarations.
 * @returns {Promise<Map<string, string>>} text by name of file
 */
export async function clientTypes() {
  const files = new Map([['wire.d.ts', await wireTypes()]]);
  const program = ts.createProgram([ENTRY], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['removebg-source'],
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: inRoot(),
    outDir: inRoot(),
  });
  const { diagnostics } = program.emit(undefined, (path, text) => {
    if (path.startsWith(SOURCES))
      files.set(path.slice(SOURCES.length), text.replace(CONTRACT, "'./wire.js'"));
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length > 0) {
    throw new Error(ts.formatDiagnostics(faults, { ...ts.createCompilerHost({}), getNewLine: () => '\n' }));
  }
  return files;
}
