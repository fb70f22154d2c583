import { html, NOTHING, type Html } from './html.js';
import { factsOf, typeOf } from './field-list.js';
import { nameOfReference, type ApiDocument, type Operation, type Schema } from './open-api.js';
import { sentence, type Prose } from './prose.js';

/** Nested objects below this depth are named by their type only. */
const MAX_DEPTH = 4;

/** Names of the schemas that a schema refers to, and those that they refer to. */
function referencesIn(document: ApiDocument, value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key !== '$ref') referencesIn(document, member, found);
    else if (typeof member === 'string' && member.includes('/schemas/')) {
      const name = nameOfReference(member);
      if (!found.has(name)) referencesIn(document, document.components.schemas[name], found.add(name));
    }
  }
}

/** Named schemas of an operation, in the order of their use. */
export function schemasOf(document: ApiDocument, operation: Operation): string[] {
  const found = new Set<string>();
  referencesIn(document, [operation.requestBody, operation.responses], found);
  return [...found];
}

/** Renders schemas as lists of their members. */
export class SchemaView {
  constructor(
    private readonly document: ApiDocument,
    private readonly prose: Prose,
  ) {}

  /** A named schema, folded. The anchor is inside, so that a link to it opens it. */
  folded(name: string): Html {
    const schema = this.document.components.schemas[name] ?? {};
    return html`<details class="fold">
      <summary><code>${name}</code></summary>
      <div id="schema-${name}">
        ${schema.description !== undefined && html`<p>${this.prose.line(sentence(schema.description))}</p>`}
        ${this.body(schema, 0)}
      </div>
    </details>`;
  }

  private body(schema: Schema, depth: number): Html {
    if (depth > MAX_DEPTH) return NOTHING;
    if (schema.anyOf !== undefined) return this.variants(schema.anyOf, depth);
    if (schema.items !== undefined) return this.body(schema.items, depth);
    if (schema.properties === undefined) return NOTHING;
    return html`<dl class="members">
      ${Object.entries(schema.properties).map(([name, member]) => this.member(name, member, schema, depth))}
    </dl>`;
  }

  /** One of several: each is named by its constant member, such as the name of an event. */
  private variants(variants: readonly Schema[], depth: number): Html {
    return html`${variants.map((variant) => {
      const constant = Object.values(variant.properties ?? {}).find((member) => member.const !== undefined);
      if (constant === undefined) return this.body(variant, depth);
      return html`<details class="fold">
        <summary><code>${String(constant.const)}</code></summary>
        ${this.body(variant, depth + 1)}
      </details>`;
    })}`;
  }

  private member(name: string, member: Schema, parent: Schema, depth: number): Html {
    const { description = '', $ref } = member;
    const type =
      $ref === undefined
        ? html`${typeOf(member)}`
        : html`<a href="#schema-${nameOfReference($ref)}">${nameOfReference($ref)}</a>`;
    const isOptional = parent.required?.includes(name) !== true;
    return html`<div>
      <dt><code>${name}</code> <span class="type">${type}${isOptional && ', optional'}</span></dt>
      <dd>
        ${description !== '' && html`<p>${this.prose.line(sentence(description))}</p>`}
        ${this.facts(member, description)} ${this.body(member, depth + 1)}
      </dd>
    </div>`;
  }

  private facts(member: Schema, description: string): Html {
    // Long lists, such as all error codes, have a page of their own.
    const { enum: values = [] } = member;
    const facts = factsOf(values.length > 24 ? { ...member, enum: [] } : member, description);
    return facts.length === 0 ? NOTHING : html`<p class="facts">${facts}</p>`;
  }
}
