import type { AuditDocument } from '#contracts/audit-document.js';
import type { AuditReport } from './audit-report.js';
import { pathsThatRan, sectionsOf, sentenceOf } from './report-sections.js';
import { bySeverity, factsOf, GLOSSARY, SEVERITIES, severityOf } from './report-words.js';

type Entry = AuditDocument['document']['terms'][number];

const entries = (pairs: readonly (readonly [name: string, text: string])[]): Entry[] =>
  pairs.map(([name, text]) => ({ name, text }));

/** The report as texts and tables, from which the service shows it (`AUDIT_REPORT_FILE`). */
export function documentOf(report: AuditReport): AuditDocument['document'] {
  return {
    sentence: sentenceOf(report),
    facts: entries(factsOf(report)),
    findings: bySeverity(report.findings).map((finding) => ({
      severity: severityOf(finding),
      channel: finding.channel,
      where: finding.where,
      what: finding.what,
    })),
    severities: entries(Object.entries(SEVERITIES)),
    sections: sectionsOf(report).map(({ columns = [], ...section }) => ({
      ...section,
      columns: entries(columns),
    })),
    terms: entries(GLOSSARY),
    outOfSight: [...report.outOfSight],
    searched: searchedIn(report),
    paths: pathsThatRan(report),
    rounds: report.ends.length,
  };
}

function searchedIn({ paths, ends, output, files }: AuditReport): string[] {
  const looks = [...paths, ...ends].flatMap((path) => path.looks);
  const places: [place: string, wasSearched: boolean][] = [
    ['memory of every process', looks.length > 0],
    ['all keys and values of Redis', looks.some(({ look }) => look.keyspace !== undefined)],
    ['printed output', output !== undefined],
    ['files and temporary folders', files !== undefined],
  ];
  return places.filter(([, wasSearched]) => wasSearched).map(([place]) => place);
}
