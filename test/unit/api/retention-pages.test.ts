import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditDocumentSchema, type AuditDocument } from '#contracts/audit-document.js';
import { MECHANISMS } from '#contracts/retention-mechanisms.js';
import { retentionSchema, type RetentionStatement } from '#contracts/retention-view.js';
import { readAuditReport } from '#config/audit-report-file.js';
import { loadSettings } from '#config/settings.js';
import { REDIS_EXPECTATIONS } from '#broker/redis/redis-config-checks.js';
import { MECHANISM_TEXTS } from '#retention/mechanisms.js';
import { processFacts } from '#retention/process-checks.js';
import { checkedNow, type RetentionFact } from '#retention/retention-facts.js';
import { auditHtml } from '../../../apps/api/src/pages/audit-page.js';
import { durationText } from '../../../apps/api/src/pages/page-parts.js';
import { languageOf, PAGE_SHELLS } from '../../../apps/api/src/pages/page-shell.js';
import { fillFacts } from '../../../apps/api/src/pages/page-template.js';
import { notFoundHtml } from '../../../apps/api/src/pages/not-found-page.js';
import { retentionHtml } from '../../../apps/api/src/pages/retention-page.js';
import { privacyFacts } from '../../../apps/api/src/service/privacy-page.js';
import { retentionStatement } from '../../../apps/api/src/service/retention-statement.js';
import { BN_PAGE } from '../../../apps/web/src/i18n/bn-page.js';
import { BN_PRIVACY } from '../../../apps/web/src/i18n/bn-privacy.js';
import { EN_PAGE } from '../../../apps/web/src/i18n/en-page.js';
import { EN_PRIVACY } from '../../../apps/web/src/i18n/en-privacy.js';
import { auditReport } from '../../harness/audit-report.js';

const BREAKING = '"><script>alert(1)</script>';
const PLAIN = /<script|<style|style=|javascript:|(?:src|href)="(?!(?:[/#]|mailto:|tel:|https:\/\/[^"<>]*"))/;

const fact = (name: string, holds = true): RetentionFact => ({
  ...{ fact: name, mechanism: 'volatile-redis', found: 'no', holds, closes: 'snapshots <could> be written' },
});
const [section] = auditReport.document.sections;
const breaking = { text: `<api> ${BREAKING}`, tone: 'plain' } as const;
const audit: AuditDocument = {
  ...auditReport,
  document: { ...auditReport.document, sections: [{ ...section!, rows: [[breaking]] }] },
};

/** A statement of a service with these settings, checks and failed checks of one worker. */
function statement(
  env: Record<string, string> = {},
  { facts = [fact('redis.save')], workerFaults = [] as string[], document }: StatementParts = {},
): RetentionStatement {
  const made = retentionStatement({
    settings: loadSettings(env),
    facts: checkedNow(facts),
    faults: facts.filter(({ holds }) => !holds).map((one) => one.fact),
    workers: [{ name: 'w1', faults: workerFaults, startedAt: '2026-11-29T12:00:00.000Z' }],
    audit: document === undefined ? undefined : { document, json: Buffer.alloc(0) },
  });
  return retentionSchema.parse(made);
}

interface StatementParts {
  facts?: RetentionFact[];
  workerFaults?: string[];
  document?: AuditDocument;
}

describe('the retention page', () => {
  it('given all checks, when they are grouped, then each belongs to a mechanism that is explained', () => {
    const checks = [...processFacts(), ...REDIS_EXPECTATIONS];
    for (const { mechanism } of checks) expect(MECHANISMS).toContain(mechanism);
    const page = retentionHtml(statement());
    for (const { title } of Object.values(MECHANISM_TEXTS)) expect(page).toContain(`<h2>${title}</h2>`);
    expect(page).toContain('<b>Ruled out:</b> snapshots &lt;could&gt; be written');
    expect(page).toContain('All 1 check passed');
    expect(page).not.toMatch(/NOT ruled out/);
  });

  it('given failed checks, when the page is made, then they come first, before any check that passed', () => {
    const facts = [fact('redis.save'), fact('redis.appendonly', false)];
    const made = statement({}, { facts, workerFaults: ['process.swap is available'] });
    expect(made.guard).toBe('warned');
    const page = retentionHtml(made);
    for (const text of [
      '1 of 2 checks failed',
      '1 of 1 worker with failed checks',
      'process.swap is available',
    ])
      expect(page).toContain(text);
    expect(page).toContain('data-outcome="bad"');
    expect(page.indexOf('redis.appendonly')).toBeLessThan(page.indexOf('redis.save'));
    expect(page.indexOf('NOT ruled out')).toBeLessThan(page.indexOf('Processes that cannot write a file'));
  });

  it('given lifetimes, when they are shown, then they have units that people use', () => {
    const page = retentionHtml(statement({ QUEUE_TTL_S: '300', RESULT_TTL_S: '1', TOMBSTONE_TTL_S: '3600' }));
    for (const text of ['5 minutes', '1 second<', '1 hour<']) expect(page).toContain(text);
    expect([durationText(90, 'bn'), durationText(0), durationText(172_800)]).toEqual([
      '৯০ সেকেন্ড',
      '0 seconds',
      '2 days',
    ]);
  });

  it('given no facts about the operator, when the page is made, then it says so and how to run an audit', () => {
    const made = statement();
    expect([made.operator, made.audit]).toEqual([{}, undefined]);
    const page = retentionHtml(made);
    for (const text of [
      'The operator of this service has not published a contact.',
      'has not published an audit report',
      'npm run audit -- --report audit.json',
      'has not published it',
    ])
      expect(page).toContain(text);
  });

  it('given facts about the operator, when the page is made, then they are shown as text', () => {
    const made = statement({
      CONTACT_NAME: BREAKING,
      CONTACT_ADDRESS: `1 & 2 ${BREAKING}`,
      CONTACT_EMAIL: 'hello@cut.example',
      CONTACT_SECURITY: 'https://cut.example/"><script>',
      PRIVACY_LEGAL_BASIS: BREAKING,
      PRIVACY_PROCESSORS: BREAKING,
      PRIVACY_LOG_DAYS: '14',
    });
    expect(made.operator.privacy_contact).toBe('mailto:hello@cut.example');
    const page = retentionHtml(made);
    expect(page).not.toMatch(PLAIN);
    expect(page).toContain('1 &amp; 2 &quot;&gt;&lt;script&gt;');
    expect(page).toContain('href="mailto:hello@cut.example"');
    expect(page).toContain('The operator keeps these lines for 14 days.');
    expect(page).not.toContain('has not published a contact');
  });

  it('given a published audit of another version, when the page is made, then it is summed up with a warning', () => {
    const made = statement({}, { document: audit });
    expect(made.audit).toMatchObject({
      findings: 0,
      paths: 51,
      took_s: 400,
      url: '/.well-known/retention/audit',
    });
    const page = retentionHtml(made);
    for (const text of ['>2026-11-29</time>', '7 minutes', '51 paths', '10 rounds', 'This service runs'])
      expect(page).toContain(text);
    const whole = auditHtml(audit);
    expect(whole).not.toMatch(PLAIN);
    expect(whole).toContain('&lt;api&gt; &quot;&gt;&lt;script&gt;');
    const failed = { severity: 'critical', channel: 'memory', where: 'worker', what: '<pixels>' } as const;
    const document = { ...audit.document, findings: [failed] };
    expect(auditHtml({ ...audit, verdict: 'fail', document })).toMatch(
      /data-outcome="bad"[^]*&lt;pixels&gt;[^]*Part of an image was left/,
    );
  });
});

describe('AUDIT_REPORT_FILE', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-report-'));
  const path = join(folder, 'audit.json');
  const read = (content: string | Buffer): unknown => {
    writeFileSync(path, content);
    return readAuditReport(path)?.document;
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it('given a report, when it is read, then its parts for readers are taken', () => {
    expect(readAuditReport(undefined)).toBeUndefined();
    expect(read(JSON.stringify({ ...audit, processes: [] }))).toEqual(auditDocumentSchema.parse(audit));
  });

  it.each([
    ['of another kind', '{"product":"Another"}', /must be a JSON report of this version/],
    ['not JSON', '<html>', /must be a JSON report of this version/],
    ['too large', Buffer.alloc(8 * 1_048_576 + 1, ' '), /must be a file of up to 8 MiB/],
  ])('given a file that is %s, when it is read, then it is refused', (_, content, expected) => {
    expect(() => read(content)).toThrow(expected);
  });

  it('given no file or a folder, when it is read, then it is refused', () => {
    for (const file of [join(folder, 'none'), folder])
      expect(() => readAuditReport(file)).toThrow('AUDIT_REPORT_FILE must be the path of a file');
  });
});

describe('the privacy page', () => {
  const template = readFileSync('apps/web/privacy.html', 'utf8');
  const page = (env: Record<string, string>, language: 'en' | 'bn' = 'en'): string =>
    fillFacts(template, privacyFacts(loadSettings(env), language));

  it('given its template, when it is filled, then each fact that it names exists, and no block is left', () => {
    const known = Object.keys(privacyFacts(loadSettings({}), 'en'));
    for (const [, name] of template.matchAll(/(?:data-fact="|data-href="|<!-- (?:if|unless) )([\w.]+)/g))
      expect(known).toContain(name);
    for (const text of [page({}), page({ CONTACT_NAME: 'Cutouts Ltd', PRIVACY_LOG_DAYS: '7' })])
      expect(text).not.toMatch(/<!-- (?:if|unless|end)/);
  });

  it('given an operator, when the page is served, then their facts are text, and nothing says that there are none', () => {
    const env = {
      ...{ CONTACT_NAME: BREAKING, CONTACT_EMAIL: 'hello@cut.example', PRIVACY_LOG_DAYS: '14' },
      ...{ CONTACT_PRIVACY: 'https://cut.example/?a="b"', PRIVACY_LEGAL_BASIS: '$& of "law"' },
    };
    const text = page(env, 'bn');
    expect(text).not.toMatch(PLAIN);
    for (const part of ['&quot;&gt;&lt;script&gt;', 'href="mailto:hello@cut.example"', '১৪ দিন', '$&amp; of'])
      expect(text).toContain(part);
    expect(text).not.toContain('p.who.none');
    expect(text).not.toContain('p.why.ask');
    expect(page({})).toContain('p.who.none');
    expect(page({})).not.toContain('p.who.name"');
  });
});

describe('pages of the API', () => {
  it.each([
    ['en', EN_PAGE, EN_PRIVACY],
    ['bn', BN_PAGE, BN_PRIVACY],
  ] as const)(
    'given the language %s, when a page is made, then header and footer are those of the start page',
    (language, start, privacy) => {
      const { skip, site, how, api, more, privacy: about, docs, foot } = PAGE_SHELLS[language];
      expect([skip, site, how, api, more, about, docs, foot]).toEqual([
        ...[privacy['p.skip'], start['nav.site'], start['nav.photo'], start['nav.api'], start['nav.more']],
        ...[start['foot.privacy'], start['foot.docs'], start['foot.text']],
      ]);
      const page = notFoundHtml(language);
      expect(page).toContain(`<html lang="${language}">`);
      expect(page).not.toMatch(PLAIN);
    },
  );

  it.each([
    ['/bn', 'bn'],
    ['/bn/x', 'bn'],
    ['/bn?a', 'bn'],
    ['/bnx', 'en'],
    ['/x/bn/', 'en'],
    ['/', 'en'],
  ])('given the address %s, when its language is needed, then it is %s', (url, language) => {
    expect(languageOf(url)).toBe(language);
  });
});
