import type { Field } from './fields.js';
import { html, joined, NOTHING, type Html } from './html.js';
import type { Schema } from './open-api.js';
import { sentence, valueText, type Prose } from './prose.js';

/** The type of a value, for readers. */
export function typeOf(schema: Schema): string {
  if (schema.format === 'binary') return 'file';
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types[0] === 'array') return `array of ${schema.items === undefined ? 'any' : typeOf(schema.items)}`;
  if (types.length > 0) return types.join(' or ');
  return schema.const === undefined ? 'object' : typeof schema.const;
}

/** True if a text names all values: a list of them would repeat it. */
const isListedIn = (text: string, values: readonly (string | number)[]): boolean =>
  values.every((value) => text.includes(`\`${value}\``));

const codes = (values: readonly unknown[]): Html =>
  joined(
    values.map((value) => html`<code>${valueText(value)}</code>`),
    ' ',
  );

const fact = (label: string, value: Html): Html => html`<span class="fact">${label} ${value}</span>`;

/** Accepted values and example of a value. */
export function factsOf(schema: Schema, description: string): Html[] {
  const { enum: values = [], minimum, maximum, examples = [] } = schema;
  const isRange = minimum !== undefined && maximum !== undefined;
  return [
    ...(values.length > 0 && !isListedIn(description, values) ? [fact('Accepts', codes(values))] : []),
    ...(isRange ? [fact('Accepts', html`${minimum} to ${maximum.toLocaleString('en')}`)] : []),
    ...(examples.length === 0 || values.length > 0 ? [] : [fact('Example', codes(examples))]),
  ];
}

/** Values of a request with type, text, accepted values and default. Each has an anchor with its name. */
export const fieldList = (fields: readonly Field[], prose: Prose): Html =>
  html`<dl class="fields">
    ${fields.map(({ name, schema, description, isRequired }) => {
      const facts = factsOf(schema, description);
      return html`<div id="${name}">
        <dt>
          <a href="#${name}"><code>${name}</code></a>
          <span class="type">${typeOf(schema)}</span>
          ${
            schema.default !== undefined &&
            html`<span class="type">default <code>${valueText(schema.default)}</code></span>`
          }
          ${isRequired && html`<span class="need">required</span>`}
        </dt>
        <dd>
          ${description !== '' && html`<p>${prose.line(sentence(description))}</p>`}
          ${facts.length > 0 && html`<p class="facts">${facts}</p>`}
        </dd>
      </div>`;
    })}
  </dl>`;

/** A section with a heading, or nothing without content. */
export const section = (id: string, title: string, content: readonly Html[]): Html =>
  content.length === 0
    ? NOTHING
    : html`<section aria-labelledby="${id}">
        <h2 id="${id}"><a href="#${id}">${title}</a></h2>
        ${content}
      </section>`;
