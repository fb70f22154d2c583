import { writeFileSync } from 'node:fs';
import type { AuditDocument } from '#contracts/audit-document.js';

/** A report of `npm run audit`, small. */
export const auditReport: AuditDocument = {
  ...{ product: 'Removebg BD', verdict: 'pass', startedAt: '2026-11-29T12:00:00.000Z', tookMs: 400_000 },
  ...{ system: 'attached', environment: { serviceVersion: '0.0.9', auditVersion: '0.0.9' } },
  document: {
    ...{ sentence: 'PASS: after 51 paths in 10 rounds no part of any test image was left anywhere.' },
    facts: [{ name: 'When', text: '2026-11-29 12:00 UTC, for 7 minutes' }],
    findings: [],
    severities: [{ name: 'critical', text: 'Part of an image was left.' }],
    sections: [
      {
        ...{ title: 'Processes', text: 'What the kernel allows each process.' },
        ...{
          head: ['process', 'may write files', 'verdict'],
          columns: [{ name: 'process', text: 'Its role.' }],
        },
        rows: [
          [
            { text: 'api', tone: 'plain' },
            { text: 'no', tone: 'plain' },
            { text: 'as it should be', tone: 'good' },
          ],
        ],
      },
    ],
    terms: [{ name: 'canary', text: 'A picture of random noise.' }],
    ...{ outOfSight: ['The kernel.'], searched: ['memory of every process'], paths: 51, rounds: 10 },
  },
};

/** Writes the report to a file. Returns its path. */
export function writeAuditReport(path: string): string {
  writeFileSync(path, JSON.stringify(auditReport));
  return path;
}
