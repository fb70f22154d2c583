import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '#config/settings.schema.js';
import { cacheFor } from '../http/cache-control.js';
import { HTML_MIME, htmlPage } from '../pages/html-page.js';
import { contactHtml, partHtml } from '../pages/page-parts.js';

/** Validity that the file states. RFC 9116 recommends less than a year. */
const VALID_DAYS = 180;
const DAY_MS = 86_400_000;
const CACHED = cacheFor(86_400);

type ContactSettings = Pick<Settings, 'PUBLIC_URL' | 'CONTACT_SECURITY'>;

/**
 * Serves `/.well-known/security.txt` (RFC 9116) and the page `/security` that says how to report a vulnerability. The
 * contact is CONTACT_SECURITY; without one, that page.
 */
export function serveSecurityContact(server: FastifyInstance, settings: ContactSettings): void {
  server.get('/.well-known/security.txt', { config: { call: 'service' } }, (request, reply) =>
    reply
      .headers({ ...CACHED, 'Content-Type': 'text/plain; charset=utf-8' })
      .send(securityText(settings, ownAddress(request), new Date())),
  );
  server.get('/security', (_request, reply) =>
    reply.headers({ ...CACHED, 'Content-Type': HTML_MIME }).send(securityHtml(settings.CONTACT_SECURITY)),
  );
}

/** The content of `security.txt`. @param own address of this service, used when PUBLIC_URL is not set */
export function securityText(
  { PUBLIC_URL, CONTACT_SECURITY }: ContactSettings,
  own: string,
  now: Date,
): string {
  const under = (path: string): string => new URL(path, PUBLIC_URL ?? own).href;
  const expires = new Date(Math.floor(now.getTime() / DAY_MS + VALID_DAYS) * DAY_MS);
  const lines = [
    `Contact: ${CONTACT_SECURITY ?? under('/security')}`,
    `Expires: ${expires.toISOString()}`,
    'Preferred-Languages: en, bn',
    ...(PUBLIC_URL === undefined ? [] : [`Canonical: ${under('/.well-known/security.txt')}`]),
    `Policy: ${under('/security')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** From the socket, since `Host` is input of the client and is not echoed. */
function ownAddress({ raw: { socket } }: FastifyRequest): string {
  const { localAddress = '127.0.0.1', localPort = 80 } = socket;
  const host = localAddress.replace(/^::ffff:/, '');
  return `http://${host.includes(':') ? `[${host}]` : host}:${localPort}`;
}

function securityHtml(contact: string | undefined): string {
  const where =
    contact === undefined
      ? '<p>The operator of this service has not named a contact of their own. Report vulnerabilities of the software to its maintainers: on GitHub, in the repository it was installed from, under <i>Security</i>, then <i>Report a vulnerability</i>. For anything about this installation, write to the person who gave you its address.</p>'
      : `<p>Write to ${contactHtml(contact)}.</p>`;
  return htmlPage({
    title: 'Report a vulnerability',
    description: 'How to report a vulnerability in this service.',
    main: `<div class="page-head">
<h1>Report a vulnerability</h1>
<p class="lead">Thank you for telling us first, and in private.</p>
</div>
${partHtml('Where', where)}
${partHtml('What to send', '<p>Please describe what you sent and what happened. Do not include images of people. If possible, test your own installation: <code>npm start</code> starts one.</p>')}
<p class="after">For programs: <a href="/.well-known/security.txt">security.txt</a></p>`,
  });
}
