import { authorizationOf, bodyTypesOf, fieldsOf, isFile, type Field } from './fields.js';
import { html, NOTHING, type Html } from './html.js';
import type { ApiDocument, Operation } from './open-api.js';
import { valueText } from './prose.js';
import type { SampleRequest } from './sample-requests.js';

/** Where the script of the page puts a value. */
type Place = 'path' | 'query' | 'form' | 'header' | 'token' | 'key';

interface Input extends Field {
  place: Place;
  value: string;
}

const BOOLEANS = ['true', 'false'];

/** Values that a select offers: the first, empty one leaves the value out. */
function choicesOf({ schema }: Field): readonly string[] {
  if (schema.enum !== undefined) return schema.enum.map(String);
  return schema.type === 'boolean' ? BOOLEANS : [];
}

const optionHtml = (value: string, chosen: string, label = value): Html =>
  html`<option value="${value}" ${value === chosen && html`selected`}>${label}</option>`;

function control(input: Input): Html {
  const { name, place, schema, value, isRequired } = input;
  const id = `try-${place}-${name}`;
  const common = html`id="${id}" name="${name}" data-place="${place}" ${isRequired && html`required`}`;
  const choices = choicesOf(input);
  const fallback = schema.default === undefined ? 'not sent' : `default: ${valueText(schema.default)}`;
  if (choices.length > 0)
    return html`<select ${common}>
      ${!isRequired && optionHtml('', value, fallback)} ${choices.map((choice) => optionHtml(choice, value))}
    </select>`;
  if (isFile(schema)) return html`<input type="file" accept="image/*" ${common} />`;
  const type = schema.type === 'integer' ? 'number' : 'text';
  const example = valueText(schema.examples?.[0] ?? schema.default);
  return html`<input
    type="${type}"
    ${common}
    value="${value}"
    placeholder="${example}"
    autocomplete="off"
    spellcheck="false"
  />`;
}

const row = (input: Input): Html =>
  html`<div class="row">
    <label for="try-${input.place}-${input.name}"><code>${input.name}</code></label>
    ${control(input)}
  </div>`;

/** The token of a job or batch, or an API key. */
function credentials(document: ApiDocument, operation: Operation): Input[] {
  const authorization = authorizationOf(document, operation);
  if (authorization === undefined) return [];
  const isKey = authorization.kind === 'key';
  const name = isKey ? 'X-Api-Key' : 'token';
  const schema = { type: 'string', examples: [isKey ? 'rb_…' : ''] };
  const place = isKey ? 'key' : 'token';
  return [{ ...{ name, place, schema, value: '', description: '' }, isRequired: !isKey }];
}

/** Media types that a client may ask for, if a response can be of several kinds. */
function acceptOf(operation: Operation): Input[] {
  const types = Object.entries(operation.responses)
    .filter(([status]) => Number(status) < 300)
    .flatMap(([, response]) => Object.keys(response.content ?? {}));
  const kinds = [...new Set(types.filter((type) => !/^image\/|zip$/.test(type)))];
  if (types.length < 2 || kinds.length === 0) return [];
  const schema = { type: 'string', enum: kinds };
  return [{ name: 'Accept', place: 'header', schema, value: '', description: '', isRequired: false }];
}

/** The form that sends a request of an operation. The script of the page fills in, sends and shows; without it, it is hidden. */
export function tryForm(document: ApiDocument, operation: Operation, sample: SampleRequest): Html {
  const fields = fieldsOf(operation);
  const input =
    (place: Place, values: Record<string, string>) =>
    (field: Field): Input => ({ ...field, place, value: (values[field.name] ?? '').replace(/^@.*/, '') });
  const body = [...fields.form, ...fields.options].map(input('form', sample.form));
  const path = fields.path.map(input('path', { code: 'missing-image' }));
  const others = [
    ...fields.query.map(input('query', sample.query)),
    ...fields.header.map(input('header', sample.headers)),
    ...acceptOf(operation),
  ];
  const secrets = credentials(document, operation);
  const isFirst = ({ name, value }: Input): boolean => value !== '' || name in sample.form;
  const first = [...path, ...secrets.filter(({ isRequired }) => isRequired), ...body.filter(isFirst)];
  const rest = [
    ...others,
    ...secrets.filter(({ isRequired }) => !isRequired),
    ...body.filter((each) => !isFirst(each)),
  ];
  const shown = [...first, ...rest.filter(isFirst)];
  const folded = rest.filter((each) => !isFirst(each));
  const { form } = bodyTypesOf(operation);
  return html`<section class="try" aria-labelledby="try" hidden>
    <h2 id="try"><a href="#try">Try it</a></h2>
    <form
      data-method="${operation.method}"
      data-path="${operation.path}"
      data-body="${form === undefined ? 'none' : 'form'}"
      novalidate
    >
      ${shown.map(row)} ${foldedInputs(folded)}
      <div class="send">
        <button class="button primary" type="submit">Send</button>
        <button class="button quiet" type="button" data-cancel hidden>Cancel</button>
        <span class="note" role="status"></span>
      </div>
    </form>
    <div class="answer" hidden></div>
  </section>`;
}

const foldedInputs = (inputs: readonly Input[]): Html =>
  inputs.length === 0
    ? NOTHING
    : html`<details class="fold">
        <summary>${inputs.length} more ${inputs.length === 1 ? 'field' : 'fields'}</summary>
        ${inputs.map(row)}
      </details>`;
