import { SseMessages } from '#sdk/sse-reader.js';
import type { Answer } from '../harness/api-client.js';
import {
  type ContractDocument,
  type DocumentedAnswer,
  type DocumentedOperation,
  type Parameter,
} from './document.js';

/** One request. What it leaves out is taken from the document's examples where it is required. */
export interface Call {
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array | FormData | string;
  /** Another instance than the first. */
  url?: string;
}

/** Headers that every answer may have, or that belong to the connection. */
const EVERYWHERE = new Set([
  'connection',
  'content-length',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'date',
  'keep-alive',
  'referrer-policy',
  'transfer-encoding',
  'x-content-type-options',
]);

/** Parameters without which others are refused, as they would have no effect. */
const NEEDED_BY: Readonly<Record<string, Record<string, string>>> = {
  'only=both': { format: 'zip' },
  crop_margin: { crop: 'true' },
  quality: { format: 'webp' },
  max_bytes: { format: 'webp' },
  ...Object.fromEntries(
    ['fit', 'padding', 'margin', 'align'].map((option) => [option, { output_size: '300x300' }]),
  ),
  ...Object.fromEntries(
    ['opacity', 'blur', 'offset', 'color'].map((option) => [`shadow_${option}`, { shadow: 'drop' }]),
  ),
  outline_color: { outline: '2%' },
  reflection_length: { reflection: '35' },
  reflection_offset: { reflection: '35' },
  background_blur_mode: { background_blur: '30' },
};

/** Drives one operation of the document, and holds every answer against what the document says. */
export class ContractOperation {
  /** Statuses that were answered. */
  readonly seen = new Set<string>();
  /** A call that went well. */
  good: Call | undefined;
  private readonly method: string;
  /** As the document has it. */
  readonly path: string;

  constructor(
    readonly name: string,
    readonly documented: DocumentedOperation,
    private readonly document: ContractDocument,
    private readonly url: string,
  ) {
    [this.method = '', this.path = ''] = name.split(' ');
  }

  /** Statuses that the document promises. */
  get statuses(): string[] {
    return Object.keys(this.documented.responses);
  }

  /** Media types of bodies that the document allows. */
  get bodyTypes(): string[] {
    return Object.keys(this.documented.requestBody?.content ?? {});
  }

  /** Calls, and expects that status and an answer as documented. A call that goes well must itself be documented. */
  async answers(status: number, call: Call = {}): Promise<Answer> {
    if (status < 400) this.checkCall(call);
    const answer = await this.send(call);
    const asked = JSON.stringify({ ...call.query, ...call.headers });
    const what = `${this.name} ${asked}: ${answer.status} ${describe(answer)}`;
    expect([what, answer.status]).toEqual([what, status]);
    expect([what, this.faultsOf(answer)]).toEqual([what, []]);
    this.seen.add(String(status));
    if (status < 300) this.good ??= call;
    return answer;
  }

  /** One call for each example, or each allowed value, of each optional parameter. */
  async eachParameter(act: (call: Call) => Promise<unknown>): Promise<void> {
    for (const parameter of this.documented.parameters ?? []) {
      const { name, schema, required } = parameter;
      const values = schema.examples ?? schema.enum ?? (schema.type === 'boolean' ? [true, false] : []);
      if (required !== true) expect([name, values]).not.toEqual([name, []]);
      for (const value of required === true ? [] : values) {
        const given = { ...NEEDED_BY[name], ...NEEDED_BY[`${name}=${String(value)}`], [name]: String(value) };
        await act({ [parameter.in === 'query' ? 'query' : 'headers']: given });
      }
    }
  }

  private async send({ path = {}, query = {}, headers = {}, body, url = this.url }: Call): Promise<Answer> {
    const place = this.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name] ?? this.exampleOf(name));
    const search = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query).toString()}`;
    const response = await fetch(`${url}${place}${search}`, {
      method: this.method,
      headers,
      ...(body !== undefined && { body: body as NonNullable<RequestInit['body']> }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      headers: response.headers,
      body: bytes,
      get json() {
        return JSON.parse(bytes.toString()) as Record<string, unknown>;
      },
    };
  }

  private exampleOf(name: string): string {
    return String(this.documented.parameters?.find((one) => one.name === name)?.schema.examples?.[0]);
  }

  private checkCall({ query = {}, headers = {} }: Call): void {
    const known = (place: string, name: string): Parameter | undefined =>
      this.documented.parameters?.find(
        (one) => one.in === place && one.name.toLowerCase() === name.toLowerCase(),
      );
    for (const [name, text] of Object.entries(query)) {
      if (name === 'token') expect(JSON.stringify(this.documented.security)).toContain('-token-in-query');
      else this.checkValue(name, known('query', name), text);
    }
    for (const [name, text] of Object.entries(headers)) {
      const lower = name.toLowerCase();
      if (lower === 'accept') {
        const types = Object.values(this.documented.responses).flatMap(({ content = {} }) =>
          Object.keys(content),
        );
        expect(types).toContain(text);
      } else if (lower === 'content-type') expect(this.bodyTypes).toContain(text);
      else if (lower === 'x-api-key') expect(JSON.stringify(this.documented.security)).toContain('"api-key"');
      else if (lower === 'authorization')
        expect(Object.keys(Object.assign({}, ...this.documented.security) as object).join()).toMatch(
          /as-bearer|job-token|batch-token/,
        );
      else this.checkValue(name, known('header', name), text);
    }
  }

  private checkValue(name: string, parameter: Parameter | undefined, text: string): void {
    expect([name, parameter]).not.toEqual([name, undefined]);
    const { schema } = parameter!;
    expect([name, this.document.faults(schema, read(schema.type, text))]).toEqual([name, '']);
  }

  private faultsOf(answer: Answer): string[] {
    const documented = this.documented.responses[String(answer.status)];
    if (documented === undefined) return ['status is not documented'];
    return [...this.headerFaults(documented, answer), ...this.bodyFaults(documented, answer)];
  }

  private headerFaults({ headers = {} }: DocumentedAnswer, answer: Answer): string[] {
    const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    const unknown = [...answer.headers.keys()].filter((name) => !names.has(name) && !EVERYWHERE.has(name));
    const faults = unknown.map((name) => `header ${name} is not documented`);
    for (const [name, { required, schema }] of Object.entries(headers)) {
      const text = answer.headers.get(name);
      const fault = text === null ? '' : this.document.faults(schema, read(schema.type, text));
      if (text === null && required === true) faults.push(`header ${name} is missing`);
      if (fault !== '') faults.push(`header ${name} (${text}): ${fault}`);
    }
    return faults;
  }

  private bodyFaults({ content = {} }: DocumentedAnswer, { headers, body }: Answer): string[] {
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    if (Object.keys(content).length === 0) return body.length === 0 && type === '' ? [] : ['there is a body'];
    const schema = content[type]?.schema;
    if (schema === undefined) return [`content type ${type} is not documented`];
    if (body.length === 0) return ['the body is empty'];
    const value = type.endsWith('json') ? (JSON.parse(body.toString()) as unknown) : body.toString('latin1');
    const faults = [this.document.faults(schema, value)];
    if (schema.contentSchema !== undefined)
      faults.push(this.document.faults(schema.contentSchema, eventsIn(body)));
    return faults.filter(Boolean);
  }
}

/** Start of an answer that is text. */
const describe = ({ headers, body }: Answer): string =>
  /json|event-stream/.test(headers.get('content-type') ?? '') ? body.toString().slice(0, 300) : '';

/** The text of a header or parameter as its schema means it. */
const read = (type: string | string[] | undefined, text: string): unknown =>
  type === 'integer' ? Number(text) : type === 'boolean' ? text === 'true' : text;

/** The server-sent events of a stream, as the document describes them. */
export function eventsIn(stream: Buffer): { event: string; id?: string; data: unknown }[] {
  return new SseMessages().push(stream).map(({ name, data, lastEventId }) => ({
    event: name,
    ...(lastEventId !== '' && { id: lastEventId }),
    data: JSON.parse(data) as unknown,
  }));
}
