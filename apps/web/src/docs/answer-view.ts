import { make } from './markup.js';
import { icon } from '../icons.js';

/** Pages that go on with a job or a batch, by the part of the address that names it. */
const NEXT = {
  jobs: [
    ['Status', 'get-job'],
    ['Events', 'stream-job-events'],
    ['Result', 'get-result'],
    ['Receipt', 'get-receipt'],
    ['Cancel', 'cancel-job'],
  ],
  batches: [
    ['Add an image', 'add-to-batch'],
    ['Status', 'get-batch'],
    ['Events', 'stream-batch-events'],
    ['Next result', 'next-result'],
    ['Close', 'close-batch'],
  ],
} as const;

const EXTENSIONS: Record<string, string> = {
  'image/png': 'png',
  'image/webp': 'webp',
  'image/jpeg': 'jpg',
  'application/zip': 'zip',
};

/** Shows a response: status, headers, and the body by its type. */
export class AnswerView {
  private url: string | undefined;

  constructor(private readonly element: HTMLElement) {}

  clear(): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = undefined;
    this.element.replaceChildren();
    this.element.hidden = true;
  }

  async show(response: Response): Promise<void> {
    this.element.hidden = false;
    this.element.replaceChildren(this.status(response), this.headers(response));
    const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
    if (type === 'text/event-stream') await this.stream(response);
    else if (type in EXTENSIONS) this.file(await response.blob(), type);
    else this.text(await response.text(), type);
  }

  private status({ status, statusText, ok }: Response): HTMLElement {
    const badge = make('span', { className: `status ${ok ? 'ok' : 'no'}`, text: String(status) });
    return make('p', { className: 'first' }, [badge, ` ${statusText}`]);
  }

  private headers({ headers }: Response): HTMLElement {
    const all = [...headers];
    const rows = all.map(([name, value]) =>
      make('div', {}, [make('dt', { text: name }), make('dd', { text: value })]),
    );
    return make('details', { className: 'fold' }, [
      make('summary', { text: `${all.length} headers` }),
      make('dl', { className: 'members' }, rows),
    ]);
  }

  private block(label: string): HTMLElement {
    const pre = make('pre', { attributes: { tabindex: '0', role: 'region', 'aria-label': label } });
    this.element.append(make('div', { className: 'code' }, [pre]));
    return pre;
  }

  private text(text: string, type: string): void {
    if (text === '') return;
    const isJson = /[/+]json$/.test(type);
    const value: unknown = isJson ? JSON.parse(text) : undefined;
    if (typeof value === 'object' && value !== null) this.linksFor(value as Record<string, unknown>);
    this.block('Body of the response').textContent = isJson ? JSON.stringify(value, undefined, 2) : text;
  }

  private linksFor({ id, token, links, code }: Record<string, unknown>): void {
    if (typeof id === 'string' && typeof token === 'string') this.next(id, token, JSON.stringify(links));
    if (typeof code !== 'string') return;
    const about = make('a', { text: 'What this error means', attributes: { href: `/problems/${code}` } });
    this.element.append(make('p', {}, [about]));
  }

  /** Links to what can be done next. The token is in the fragment, which is never sent. */
  private next(id: string, token: string, links: string): void {
    const pages = NEXT[links.includes('/v1/batches/') ? 'batches' : 'jobs'];
    const fragment = new URLSearchParams({ id, token }).toString();
    const items = pages.map(([text, slug]) =>
      make('li', {}, [make('a', { text, attributes: { href: `/docs/reference/${slug}/#${fragment}` } })]),
    );
    this.element.append(make('p', { text: 'Continue with it:' }), make('ul', { className: 'next' }, items));
  }

  private file(blob: Blob, type: string): void {
    this.url = URL.createObjectURL(blob);
    const name = `result.${EXTENSIONS[type] ?? 'bin'}`;
    if (type.startsWith('image/')) {
      const image = make('img', { attributes: { src: this.url, alt: 'The result' } });
      this.element.append(make('div', { className: 'checkers' }, [image]));
    }
    const label = `Download ${name}`;
    const link = make('a', { className: 'button quiet', attributes: { href: this.url, download: name } });
    link.append(icon('download'), label);
    this.element.append(link);
  }

  /** Adds each event when it arrives. */
  private async stream({ body }: Response): Promise<void> {
    const pre = this.block('Events');
    pre.setAttribute('role', 'log');
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      // Chunks of an image are long: their beginning is enough.
      pre.append(part.value.replaceAll(/^(data: .{400}).+$/gm, '$1…'));
      pre.scrollTop = pre.scrollHeight;
    }
  }
}
