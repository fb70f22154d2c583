import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A media range of `Accept`, and its weight. */
interface Range {
  type: string;
  q: number;
}

/** The media ranges of an `Accept` header (RFC 9110, 12.5.1). Malformed ones are ignored. */
function rangesOf(accept: string): Range[] {
  return accept.split(',').flatMap((text) => {
    const [type = '', ...parameters] = text
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const q = weight === undefined ? 1 : Number(weight);
    return type.includes('/') && q >= 0 && q <= 1 ? [{ type, q }] : [];
  });
}

/** Weight of a media type: that of the most specific range it matches; 0 when it matches none. */
function weightOf(type: string, ranges: readonly Range[]): number {
  const [family = ''] = type.split('/');
  for (const name of [type, `${family}/*`, '*/*']) {
    const range = ranges.find((one) => one.type === name);
    if (range !== undefined) return range.q;
  }
  return 0;
}

/**
 * True when a client prefers HTML to JSON, as browsers do. Equal weights mean JSON: programs accept any type, or send no
 * `Accept`.
 */
export function prefersHtml({ accept }: Pick<IncomingHttpHeaders, 'accept'>): boolean {
  const ranges = rangesOf(accept ?? '*/*');
  const json = Math.max(
    ...['application/json', 'application/problem+json'].map((type) => weightOf(type, ranges)),
  );
  return Math.max(weightOf('text/html', ranges), weightOf('application/xhtml+xml', ranges)) > json;
}

/** True for a GET or HEAD whose client prefers a page to JSON. */
export const wantsPage = ({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean =>
  (method === 'GET' || method === 'HEAD') && prefersHtml(headers);

/** Adds a request header to `Vary`. */
export function addVary(reply: FastifyReply, name: string): void {
  const before = [reply.getHeader('Vary') ?? []].flat().map(String);
  if (
    !before
      .join()
      .toLowerCase()
      .split(/\s*,\s*/)
      .includes(name.toLowerCase())
  )
    void reply.header('Vary', [...before, name].join(', '));
}

/** Sends a document as indented JSON, or as a page to clients that prefer HTML. */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  { json, html }: { json: unknown; html: () => string },
): Promise<void> {
  addVary(reply, 'Accept');
  const [type, text] = wantsPage(request)
    ? ['text/html', html()]
    : ['application/json', `${JSON.stringify(json, null, 2)}\n`];
  await reply.header('Content-Type', `${type}; charset=utf-8`).send(text);
}
