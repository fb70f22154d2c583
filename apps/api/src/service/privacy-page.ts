import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { VERSION } from '#contracts/version.js';
import type { Settings } from '#config/settings.schema.js';
import { cacheFor } from '../http/cache-control.js';
import { HTML_MIME } from '../pages/html-page.js';
import { durationText } from '../pages/page-parts.js';
import type { PageLanguage } from '../pages/page-shell.js';
import { fillFacts, type PageFacts } from '../pages/page-template.js';
import { longestTimes, operatorFacts } from './retention-statement.js';

/** Addresses of the privacy page, and its template in the folder of the built page. */
const PAGES: readonly [language: PageLanguage, paths: string[], template: string][] = [
  ['en', ['/privacy', '/privacy.html'], 'privacy.html'],
  ['bn', ['/bn/privacy', '/bn/privacy.html'], 'bn/privacy.html'],
];

const CACHED = cacheFor(300);
const DAY_S = 86_400;

/** Serves the privacy page: the built page, with the operator and the times of this service. */
export function servePrivacyPage(server: FastifyInstance, folder: string, settings: Settings): void {
  for (const [language, paths, template] of PAGES) {
    const html = fillFacts(readFileSync(join(folder, template), 'utf8'), privacyFacts(settings, language));
    for (const path of paths)
      server.get(path, (_request, reply) =>
        reply.headers({ ...CACHED, 'Content-Type': HTML_MIME }).send(html),
      );
  }
}

/** The facts of the privacy page in a language. */
export function privacyFacts(settings: Settings, language: PageLanguage): PageFacts {
  const operator = operatorFacts(settings);
  const { name, address, email, privacy_contact: privacy, access_log_days: days } = operator;
  const held = longestTimes(settings);
  const isKnown = [name, address, email, privacy].some((fact) => fact !== undefined);
  // The privacy contact is the email address unless it has one of its own.
  const other = privacy === `mailto:${email}` ? undefined : privacy;
  return {
    version: VERSION,
    contact: isKnown ? '' : undefined,
    name,
    address,
    email,
    'email.link': email === undefined ? undefined : `mailto:${email}`,
    privacy: other?.replace(/^(?:mailto|tel):/, ''),
    'privacy.link': other,
    basis: operator.legal_basis,
    processors: operator.processors,
    log: days === undefined ? undefined : durationText(days * DAY_S, language),
    'held.photo': durationText(held.queued_image, language),
    'held.result': durationText(held.uncollected_result, language),
    'held.state': durationText(held.tombstone_without_user_data, language),
  };
}
