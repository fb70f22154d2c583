import { PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';
import { PROBLEM_HELP, problemList, problemPage, problemPageSchema } from '#contracts/problem-pages.js';
import { prefersHtml } from '../../../apps/api/src/http/content-negotiation.js';
import { escapeHtml } from '../../../apps/api/src/pages/html-page.js';
import { problemListHtml, problemPageHtml } from '../../../apps/api/src/pages/problem-pages.js';
import { securityText } from '../../../apps/api/src/service/security-contact.js';

const CODES = Object.keys(PROBLEMS) as ProblemCode[];
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('problem pages', () => {
  it('given the catalog, when its pages are built, then each code has its own sentences and an example', () => {
    expect(Object.keys(PROBLEM_HELP).sort()).toEqual([...CODES].sort());
    for (const code of CODES) {
      const page = problemPageSchema.parse(problemPage(code));
      for (const text of [page.what_happened, page.why, page.what_to_do]) {
        expect([code, text]).toEqual([code, expect.stringMatching(/^[A-Z`][^]{15,}[.?]$/)]);
        expect([code, text]).toEqual([
          code,
          expect.not.stringMatching(/colour|catalogue|licence|cancelled|  /),
        ]);
      }
      expect([code, page.example.length > 10]).toEqual([code, true]);
    }
    const openings = CODES.map((code) => PROBLEM_HELP[code].what_happened);
    expect(new Set(openings).size).toBe(CODES.length);
  });

  it('given a page, when it is rendered, then it contains its texts, and no script, style or other origin', () => {
    for (const code of CODES) {
      const page = problemPage(code);
      const html = problemPageHtml(page);
      for (const text of [page.example, page.code, String(page.status)])
        expect(html).toContain(escapeHtml(text));
      expect(html).not.toMatch(/<script|<style|style=|(?:src|href)="(?![/#])/);
      expect(html.match(/<h1>/g)).toHaveLength(1);
    }
  });

  it('given the list, when it is rendered, then it links to the pages of all codes, by status', () => {
    const html = problemListHtml(problemList());
    for (const code of CODES) expect(html).toContain(`href="/problems/${code}"`);
    const statuses = problemList().problems.map(({ status }) => status);
    expect(statuses).toEqual([...statuses].sort((a, b) => a - b));
  });
});

test.each([
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['application/json', false],
  ['text/html;q=0.5, application/json', false],
  ['text/html, application/json', false],
  ['text/html;q=0.5, application/problem+json;q=0.6', false],
  ['text/html;q=0, */*', false],
  ['image/png', false],
  ['text/html;q=zebra', false],
  [BROWSER, true],
  ['text/html', true],
  ['TEXT/HTML;q=0.8, application/json;q=0.5', true],
  ['text/*', true],
  ['*/*;q=0.1, text/html;level=1;q=0.4', true],
])('given Accept %s, when a document is asked for, then it is a page: %s', (accept, isPage) => {
  expect(prefersHtml({ accept })).toBe(isPage);
});

test('given security.txt, when it is read, then it has a contact and expires within a year (RFC 9116)', () => {
  const now = new Date('2026-11-29T12:00:00Z');
  const own = 'http://127.0.0.1:3000';
  const bare = securityText({ PUBLIC_URL: undefined, CONTACT_SECURITY: undefined }, own, now);
  expect(bare).toContain('Contact: http://127.0.0.1:3000/security\n');
  expect(bare).not.toContain('Canonical');
  const expires = Date.parse(/^Expires: (.*)$/m.exec(bare)?.[1] ?? '');
  expect(expires).toBeGreaterThan(now.getTime());
  expect(expires).toBeLessThan(now.getTime() + 365 * 86_400_000);
  const settings = { PUBLIC_URL: 'https://cut.example', CONTACT_SECURITY: 'mailto:security@cut.example' };
  expect(securityText(settings, own, now).split('\n')).toEqual([
    'Contact: mailto:security@cut.example',
    expect.stringMatching(/^Expires: 2027-/),
    'Preferred-Languages: en, bn',
    'Canonical: https://cut.example/.well-known/security.txt',
    'Policy: https://cut.example/security',
    '',
  ]);
});
