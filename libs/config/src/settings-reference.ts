import { z } from 'zod';
import { settingsSchema } from './settings.schema.js';

/** One setting as people read it. */
export interface SettingRow {
  name: string;
  /** As it is written in the environment, or in words; `none` when there is none. */
  fallback: string;
  /** Values that are taken. */
  accepts: string;
  meaning: string;
}

/** What JSON Schema (draft 2020-12) says of one setting. */
interface Shape {
  type?: string;
  const?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  default?: string | number;
  description?: string;
  anyOf?: Shape[];
  /** Text: what it has to be, in words. */
  accepts?: string;
}

/** A default that is not a constant is in the description. */
const FALLBACK_IN_WORDS = / \(default: ([^)]+)\)/;

const shapes = (): Record<string, Shape> =>
  (z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }).properties ?? {}) as Record<
    string,
    Shape
  >;

/** Every setting, in the order of the schema. */
export function settingRows(): SettingRow[] {
  const properties = shapes();
  return Object.entries(settingsSchema.shape).map(([name, type]) => {
    const shape = properties[name] ?? {};
    const description = shape.description ?? '';
    const words = FALLBACK_IN_WORDS.exec(description)?.[1];
    const constant = String(shape.default ?? (type.safeParse(undefined).data as Shape['default']) ?? '');
    return {
      name,
      // An empty list is none.
      fallback: constant === '' ? (words ?? 'none') : constant,
      accepts: accepted(shape),
      meaning: description.replace(FALLBACK_IN_WORDS, ''),
    };
  });
}

/** What a setting has to be, as the end of a sentence that begins with its name: `a whole number from 0 to 65,535`. */
export const requirementOf = (name: keyof typeof settingsSchema.shape): string =>
  required(shapes()[name] ?? {}).replaceAll('`', '');

function required(shape: Shape): string {
  if (shape.anyOf !== undefined) return shape.anyOf.map(required).join(', or ');
  if (shape.enum !== undefined) return `one of ${accepted(shape)}`;
  if (shape.type === 'integer') return `a whole number from ${accepted(shape)}`;
  return shape.type === 'number' ? `a number from ${accepted(shape)}` : accepted(shape);
}

function accepted(shape: Shape): string {
  if (shape.accepts !== undefined) return shape.accepts;
  if (shape.anyOf !== undefined) return shape.anyOf.map(accepted).join(', or ');
  if (shape.const !== undefined) return `\`${shape.const}\``;
  if (shape.enum !== undefined) return shape.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (shape.type === 'string') return 'text';
  return `${number(shape.minimum)} to ${number(shape.maximum)}`;
}

const number = (value = NaN): string => value.toLocaleString('en');

/** The rows as lines of a Markdown table, which `docs/reference/configuration.md` holds. */
export function settingsTable(): string {
  const cells = settingRows().map(({ name, fallback, accepts, meaning }) => [
    `\`${name}\``,
    fallback === 'none' || fallback.includes(' ') ? fallback : `\`${fallback.replaceAll('`', '')}\``,
    accepts,
    meaning,
  ]);
  const rows = [['name', 'default', 'accepted', 'meaning'], ...cells];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(rows[0] ?? []), rule, ...rows.slice(1).map(line)].join('\n');
}
