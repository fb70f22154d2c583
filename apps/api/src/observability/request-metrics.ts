import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LabelValue } from '#telemetry/metric.labels.js';
import type { MetricRegistry } from '#telemetry/metric.registry.js';
import { refusalCodeOf } from '../http/refusal-code.js';

type Call = LabelValue<'call'>;

const CALLS: Record<string, Call> = {
  '/v1/jobs': 'submit',
  '/v1/jobs/:id': 'status',
  '/v1/jobs/:id/result': 'result',
  '/v1/jobs/:id/events': 'events',
  '/v1/jobs/:id/receipt': 'receipt',
  '/v1/account': 'account',
};

/** Prefixes of route templates that count as one call. */
const GROUPS: readonly (readonly [start: string, call: Call])[] = [
  ['/v1/batches', 'batch'],
  ['/v1.0/', 'compat'],
  ['/api/', 'compat'],
  ['/v1/models', 'service'],
  ['/.well-known/', 'service'],
  ['/healthz', 'service'],
  ['/readyz', 'service'],
  ['/openapi.json', 'service'],
];

/** The call that a route template belongs to; `none` without a route, `page` for files of the page. */
export function callOf(template: string | undefined): Call {
  if (template === undefined) return 'none';
  return CALLS[template] ?? GROUPS.find(([start]) => template.startsWith(start))?.[1] ?? 'page';
}

/** Counts each request once it is over, by call, class of status, and the code it was refused with. */
export function countRequests(server: FastifyInstance, metrics: MetricRegistry): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => {
      const call = callOf(templateOf(request));
      metrics.count('removebg_http_requests_total', { call, status: statusOf(reply) });
      const code = refusalCodeOf(reply);
      if (code !== undefined) metrics.count('removebg_refusals_total', { code });
    });
    done();
  });
}

const templateOf = (request: FastifyRequest): string | undefined =>
  request.is404 ? undefined : request.routeOptions.url;

function statusOf({ raw: { headersSent, statusCode } }: FastifyReply): LabelValue<'status'> {
  if (!headersSent) return 'gone';
  if (statusCode < 300) return '2xx';
  if (statusCode < 400) return '3xx';
  return statusCode < 500 ? '4xx' : '5xx';
}
