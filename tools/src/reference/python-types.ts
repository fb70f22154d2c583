import { receiptClaimsSchema } from '#contracts/receipt-claims.js';
import { STAGES } from '#contracts/job-states.js';
import { z } from 'zod';
import { nameOfReference, type ApiDocument, type Schema } from '../docs/open-api.js';
import { openApiDocument } from '../openapi-document.js';

/** Schemas of the document that the Python client uses. */
const TYPES = [
  ...['ResultFacts', 'JobAccepted', 'Job', 'JobEvent', 'BatchJob', 'Batch', 'BatchCreated', 'BatchEvent'],
  ...['Problem', 'ReceiptKeySet', 'Model', 'ModelList', 'Account'],
];

/** Parts of the form of an upload that are no options. */
const FILES: ReadonlySet<string> = new Set(['image', 'image_url', 'bg_image_file', 'mask']);

const MAX_LINE = 100;
const SCALARS: Readonly<Record<string, string>> = {
  ...{ string: 'str', boolean: 'bool', integer: 'int', number: 'float', null: 'None' },
};

/** Keywords of Python that are names of members. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'class',
  'from',
  'import',
  'global',
  'pass',
  'is',
  'in',
  'not',
]);

/** A type as text, for the places where Python would evaluate it. */
const inQuotes = (type: string): string => `'${type}'`;

const PYTHON_OF_JSON: Readonly<Record<string, string>> = { true: 'True', false: 'False', null: 'None' };

const valueText = (value: unknown): string => {
  const text = JSON.stringify(value);
  return PYTHON_OF_JSON[text] ?? text;
};

const literal = (values: readonly unknown[]): string => `Literal[${values.map(valueText).join(', ')}]`;

const inPascalCase = (name: string): string =>
  name.replaceAll(/(?:^|[^A-Za-z0-9])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Lines of a comment, each at most `MAX_LINE` long. */
function commentOf(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length >= MAX_LINE) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** A schema without the members that say nothing about its type: equal shapes get one name. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value;
  const ignored = new Set(['description', 'examples', 'default']);
  const members = Object.entries(value).filter(([name]) => !ignored.has(name));
  return Object.fromEntries(members.map(([name, member]) => [name, shapeOf(member)]));
}

/** Writes schemas as Python types. */
class PythonTypes {
  readonly lines: string[] = [];
  private readonly nameOfShape = new Map<string, string>();

  /** Defines a name for a list of values. */
  alias(name: string, values: readonly unknown[]): void {
    this.nameOfShape.set(literal(values), name);
    this.lines.push('', `${name} = ${literal(values)}`);
  }

  /** Defines a schema under a name. */
  define(name: string, schema: Schema): void {
    if (schema.anyOf === undefined) return void this.typeOf(schema, name);
    const members = schema.anyOf.map((each) => {
      const kind = each.properties?.['event']?.const;
      return this.typeOf(each, name + (typeof kind === 'string' ? inPascalCase(kind) : ''));
    });
    this.lines.push('', `${name} = Union[${[...new Set(members)].join(', ')}]`);
  }

  /** A class with the members of a schema. */
  defineClass(name: string, schema: Schema, isTotal: boolean): void {
    const members = Object.entries(schema.properties ?? {}).map(([member, each]) => {
      const type = this.typeOf(each, name + inPascalCase(member));
      const isRequired = !isTotal || schema.required?.includes(member) === true;
      return { member, type: isRequired ? type : `NotRequired[${type}]`, text: each.description };
    });
    const head = ['', '', ...(schema.description === undefined ? [] : commentOf(schema.description, ''))];
    const comment = (text?: string): string[] => (text === undefined ? [] : commentOf(text, '    '));
    // A class cannot have a member whose name is a keyword.
    if (members.some(({ member }) => KEYWORDS.has(member))) {
      const lines = members.flatMap(({ member, type, text }) => [
        ...comment(text),
        `    ${JSON.stringify(member)}: ${inQuotes(type)},`,
      ]);
      this.lines.push(...head, `${name} = TypedDict("${name}", {`, ...lines, '})');
      return;
    }
    const lines = members.flatMap(({ member, type, text }) => [...comment(text), `    ${member}: ${type}`]);
    const base = isTotal ? 'TypedDict' : 'TypedDict, total=False';
    this.lines.push(...head, `class ${name}(${base}):`, ...(lines.length === 0 ? ['    pass'] : lines));
  }

  /** The type of a schema; objects become classes, `name` if they have none yet. */
  typeOf(schema: Schema, name: string): string {
    if (schema.$ref !== undefined) return nameOfReference(schema.$ref);
    if (schema.const !== undefined) return literal([schema.const]);
    if (schema.enum !== undefined) {
      const values = literal(schema.enum);
      return this.nameOfShape.get(values) ?? values;
    }
    if (schema.anyOf !== undefined)
      return `Union[${schema.anyOf.map((each) => this.typeOf(each, name)).join(', ')}]`;
    const types = [schema.type ?? 'object'].flat();
    if (types.length > 1) return `Union[${types.map((type) => SCALARS[type] ?? 'Any').join(', ')}]`;
    if (types[0] === 'array')
      return `List[${schema.items === undefined ? 'Any' : this.typeOf(schema.items, name)}]`;
    if (types[0] !== 'object') return SCALARS[types[0] ?? ''] ?? 'Any';
    if (schema.properties === undefined) return 'Dict[str, Any]';
    const shape = JSON.stringify(shapeOf(schema));
    const known = this.nameOfShape.get(shape);
    if (known !== undefined) return known;
    this.nameOfShape.set(shape, name);
    this.defineClass(name, schema, true);
    return name;
  }
}

const HEAD = `# Generated from the OpenAPI document of the service: npm run reference -- --write
"""Types of what the service accepts and sends, and the options of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Tuple, Union

if TYPE_CHECKING:
    from typing_extensions import Literal, NotRequired, TypedDict
else:
    from typing import Literal, TypedDict`;

/** One entry of the table of options, for the command. */
function optionEntry(name: string, { type, enum: values, description = '' }: Schema): string[] {
  const kind = values === undefined ? SCALARS[[type ?? ''].flat()[0] ?? ''] : 'str';
  const list = (values ?? []).map((value) => `${JSON.stringify(value)},`).join(' ');
  return [
    `    ${JSON.stringify(name)}: Option(`,
    `        ${JSON.stringify(kind)},`,
    `        (${list}),`,
    `        ${JSON.stringify(description)},`,
    '    ),',
  ];
}

/** The module \`_wire.py\` of the Python client. */
export function pythonTypes(): string {
  const document = JSON.parse(openApiDocument()) as ApiDocument;
  const { schemas } = document.components;
  const form = document.paths['/v1/jobs']?.['post']?.requestBody?.content['multipart/form-data']?.schema;
  const options = Object.entries(form?.properties ?? {}).filter(([name]) => !FILES.has(name));
  const types = new PythonTypes();
  const enumOf = (schema: string, member: string): readonly unknown[] =>
    schemas[schema]?.properties?.[member]?.enum ?? [];
  types.alias('ProblemCode', enumOf('Problem', 'code'));
  types.alias('JobStatus', enumOf('Job', 'status'));
  types.alias('BatchStatus', enumOf('Batch', 'status'));
  types.alias('Stage', STAGES);
  types.defineClass('CutoutOptions', { properties: Object.fromEntries(options) }, false);
  for (const name of TYPES) types.define(name, schemas[name] ?? {});
  types.define('ReceiptClaims', z.toJSONSchema(receiptClaimsSchema) as Schema);
  return [
    HEAD,
    ...types.lines,
    '',
    '',
    'class Option(NamedTuple):',
    '    kind: str',
    '    values: Tuple[str, ...]',
    '    description: str',
    '',
    '',
    'OPTIONS: Mapping[str, Option] = {',
    ...options.flatMap(([name, schema]) => optionEntry(name, schema)),
    '}',
    '',
  ].join('\n');
}
