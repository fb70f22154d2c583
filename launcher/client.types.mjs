/**
 * Type declarations of the client's package, in one file: the client's own as the compiler writes them, and the wire
 * types made from the schemas of the contracts, so that nobody needs the library those are written in.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { format } from 'prettier';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import ts from 'typescript';
import { inRoot } from './places.mjs';

/** @typedef {import('json-schema-to-typescript').JSONSchema} JSONSchema */

const SOURCES = inRoot('libs', 'sdk', 'src/');
const ENTRY = join(SOURCES, 'package-entry.ts');
const FOLDER = inRoot('.cache', 'client-types');
/** What the generator adds on where a type comes from: alone in a comment, or at its end. */
const ORIGINS = [
  /\/\*\*\n \* This interface was referenced by .*\n \* via the .*\n \*\/\n/g,
  /(?: \* *\n)? \* This interface was referenced by .*\n \* via the .*\n/g,
];
const CONTRACT = /(['"])#contracts\/[^'"]+\1/g;

/** The wire types that the client's declarations name, as JSON Schemas by the name of the type. */
async function wireSchemas() {
  const { z } = await import('zod');
  const [options, job, events, batch, receipts, states, problems] = await Promise.all([
    import('#contracts/job-options.js'),
    import('#contracts/job-view.js'),
    import('#contracts/job-events.js'),
    import('#contracts/batch-view.js'),
    import('#contracts/receipt-claims.js'),
    import('#contracts/job-states.js'),
    import('#contracts/problem-catalog.js'),
  ]);
  const read = (
    /** @type {import('zod').ZodType} */ schema,
    /** @type {'input' | 'output'} */ io = 'input',
  ) => {
    const json = z.toJSONSchema(schema, { io });
    delete json.$schema;
    return json;
  };
  return {
    JobId: { type: 'string', description: 'Public name of a job.' },
    Stage: { enum: [...states.STAGES] },
    ProblemCode: { enum: Object.keys(problems.PROBLEMS) },
    JobOptions: read(options.jobOptionsSchema, 'output'),
    ResultFacts: read(job.resultFactsSchema),
    JobView: read(job.jobViewSchema),
    JobAccepted: read(job.jobAcceptedSchema),
    BatchView: read(batch.batchViewSchema),
    BatchCreated: read(batch.batchCreatedSchema),
    BatchJob: read(batch.batchJobSchema),
    ReceiptClaims: read(receipts.receiptClaimsSchema),
    ReceiptKeySet: read(receipts.receiptKeySetSchema),
    JobEvents: read(z.object(events.jobEventSchemas)),
  };
}

/** Declarations of the wire types. */
async function wireTypes() {
  const definitions = /** @type {Record<string, JSONSchema>} */ (await wireSchemas());
  const declarations = await compile({ definitions }, 'Wire', {
    additionalProperties: false,
    bannerComment: '',
    format: false,
    unreachableDefinitions: true,
    // Lists of a bounded length become tuples otherwise, which ordinary lists do not fit.
    ignoreMinAndMaxItems: true,
  });
  const plain = ORIGINS.reduce((text, origin) => text.replace(origin, ''), declarations);
  return `${plain}\nexport type JobEventName = keyof JobEvents;\n`;
}

/** Writes what the compiler declares for the client's sources, with the wire types beside it. */
async function declareSources() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'wire.d.ts'), await wireTypes());
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
    if (!path.startsWith(SOURCES)) return;
    const place = join(FOLDER, path.slice(SOURCES.length));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text.replace(CONTRACT, "'./wire.js'"));
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length > 0) {
    throw new Error(ts.formatDiagnostics(faults, { ...ts.createCompilerHost({}), getNewLine: () => '\n' }));
  }
}

/**
 * All declarations, as the text of one file.
 * @returns {Promise<string>}
 */
export async function clientTypes() {
  await declareSources();
  const bundle = await rollup({ input: join(FOLDER, 'package-entry.d.ts'), plugins: [dts()] });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  return format(output[0].code, { parser: 'typescript', printWidth: 110, singleQuote: true });
}
