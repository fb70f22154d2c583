import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { format } from 'prettier';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import ts from 'typescript';
import { z } from 'zod';
import { batchCreatedSchema, batchJobSchema, batchViewSchema } from '#contracts/batch-view.js';
import { jobEventSchemas } from '#contracts/job-events.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { STAGES } from '#contracts/job-states.js';
import { jobAcceptedSchema, jobViewSchema, resultFactsSchema } from '#contracts/job-view.js';
import { PROBLEMS } from '#contracts/problem-catalog.js';
import { receiptClaimsSchema, receiptKeySetSchema } from '#contracts/receipt-claims.js';
import { inRoot } from './paths.js';

const SOURCES = inRoot('libs', 'sdk', 'src/');
const ENTRY = join(SOURCES, 'package-entry.ts');
const FOLDER = inRoot('.cache', 'client-types');

/** Comments of the generator about the origin of a type: a comment of its own, or the end of another. */
const ORIGINS = [
  /\/\*\*\n \* This interface was referenced by .*\n \* via the .*\n \*\/\n/g,
  /(?: \* *\n)? \* This interface was referenced by .*\n \* via the .*\n/g,
];
const CONTRACT_IMPORT = /(['"])#contracts\/[^'"]+\1/g;

function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): JSONSchema {
  const json = z.toJSONSchema(schema, { io });
  delete json.$schema;
  return json as JSONSchema;
}

/** The wire types that the declarations of the SDK name, as JSON Schemas by the name of the type. */
const wireSchemas = (): Record<string, JSONSchema> => ({
  JobId: { type: 'string', description: 'Public name of a job.' },
  Stage: { enum: [...STAGES] },
  ProblemCode: { enum: Object.keys(PROBLEMS) },
  JobOptions: jsonSchemaOf(jobOptionsSchema, 'output'),
  ResultFacts: jsonSchemaOf(resultFactsSchema),
  JobView: jsonSchemaOf(jobViewSchema),
  JobAccepted: jsonSchemaOf(jobAcceptedSchema),
  BatchView: jsonSchemaOf(batchViewSchema),
  BatchCreated: jsonSchemaOf(batchCreatedSchema),
  BatchJob: jsonSchemaOf(batchJobSchema),
  ReceiptClaims: jsonSchemaOf(receiptClaimsSchema),
  ReceiptKeySet: jsonSchemaOf(receiptKeySetSchema),
  JobEvents: jsonSchemaOf(z.object(jobEventSchemas)),
});

/** Declarations of the wire types. */
async function wireTypes(): Promise<string> {
  const declarations = await compile({ definitions: wireSchemas() }, 'Wire', {
    additionalProperties: false,
    bannerComment: '',
    format: false,
    unreachableDefinitions: true,
    // A list of limited length would become a tuple, which does not accept an ordinary array.
    ignoreMinAndMaxItems: true,
  });
  const plain = ORIGINS.reduce((text, origin) => text.replace(origin, ''), declarations);
  return `${plain}\nexport type JobEventName = keyof JobEvents;\n`;
}

/** Writes the declarations that the compiler makes for the SDK, and the wire types beside them. */
async function declareSources(): Promise<void> {
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
    const file = join(FOLDER, path.slice(SOURCES.length));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text.replace(CONTRACT_IMPORT, "'./wire.js'"));
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length > 0) {
    throw new Error(ts.formatDiagnostics(faults, { ...ts.createCompilerHost({}), getNewLine: () => '\n' }));
  }
}

/**
 * Type declarations of the client package, in one file: those of the SDK, and the wire types generated from the schemas
 * of the contracts. Users of the package then do not need zod.
 */
export async function clientTypes(): Promise<string> {
  await declareSources();
  const bundle = await rollup({ input: join(FOLDER, 'package-entry.d.ts'), plugins: [dts()] });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  return format(output[0].code, { parser: 'typescript', printWidth: 110, singleQuote: true });
}
