import type { FastifyInstance } from 'fastify';

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The reference page's own library sets style attributes; everything else about it is as strict. */
const DOCS_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");

/** Headers of every answer, whatever it is, to the address `url`. */
export const securityHeaders = (url = ''): Record<string, string> => ({
  'Content-Security-Policy': url.startsWith('/docs') ? DOCS_POLICY : PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** Puts them on every answer that a request gets; to be called before anything that may answer. */
export function secureAnswers(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(securityHeaders(request.url));
    done();
  });
}
