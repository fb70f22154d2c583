import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { FormContent } from '../uploads/form-reader.js';

/** How clients write a field that they do not set. */
const UNSET = new Set(['', 'undefined', 'null']);

/** The texts of a form that say something. @throws Problem `invalid-parameter` for an object or array */
export function setTexts({ texts }: FormContent): Map<string, string> {
  const nested = [...texts].find(([, { kind }]) => kind === 'nested');
  if (nested !== undefined)
    throw new Problem('invalid-parameter', mustBe(nested[0], ['a text, a number or a boolean']));
  const trimmed = [...texts].map(([name, { text }]): [string, string] => [name, text.trim()]);
  return new Map(trimmed.filter(([, text]) => !UNSET.has(text)));
}
