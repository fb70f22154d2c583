import { AUDIT_SEVERITIES } from '#contracts/audit-document.js';
import type { AuditEnvironment } from '../system/environment.js';
import type { AuditFinding, AuditReport } from './audit-report.js';

/** `1 path`, `2 paths`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Technical terms of the report. */
export const GLOSSARY: readonly [term: string, meaning: string][] = [
  [
    'canary',
    'A picture of random noise, made for one request. It exists nowhere else, so any part of it that is found is a leftover of that request.',
  ],
  [
    'window',
    '24 consecutive bytes of a canary. The audit searches for many windows from the whole picture. Each match is a finding.',
  ],
  [
    'path',
    'One way of an image through the service: delivered, refused, canceled, interrupted, sent in small pieces, sent under a wrong name, and so on.',
  ],
  ['channel', 'A place where data could be left or leak: process memory, Redis, printed output, files.'],
  [
    'look',
    'One search of everything at one moment: 50 ms and 2 s after a path has ended, and at the end of a round.',
  ],
  ['round', 'One walk over all paths. Several rounds find leftovers that appear only sometimes.'],
  ['in the clear', 'Not encrypted. Images are encrypted while they are queued; only the engine opens them.'],
  ['engine', 'The process that decodes an image and runs the model. Each worker has one.'],
  [
    'void',
    'The audit missed a canary that was there. It would have missed a leftover as well, so its result means nothing.',
  ],
];

/** Severity of a finding. */
export type Severity = (typeof AUDIT_SEVERITIES)[number];

/** What each severity means, most severe first. */
export const SEVERITIES: Readonly<Record<Severity, string>> = {
  critical: 'Part of an image, or of its names and texts, was left in readable form.',
  high: 'Redis held data that should not be there, such as an encrypted image after its job.',
  medium: 'A protection was missing. Nothing was found, but data could have been kept.',
  unproven: 'A path did not end as expected. The audit makes no statement about it.',
};

const SEVERITY_OF: Readonly<Record<AuditFinding['channel'], Severity>> = {
  ...{ memory: 'critical', output: 'critical', files: 'critical' },
  ...{ keyspace: 'high', process: 'medium', path: 'unproven', control: 'unproven' },
};

/** Severity of a finding. */
export const severityOf = ({ channel }: AuditFinding): Severity => SEVERITY_OF[channel];

/** Findings, most severe first. */
export function bySeverity(findings: readonly AuditFinding[]): AuditFinding[] {
  const rank = (finding: AuditFinding): number => AUDIT_SEVERITIES.indexOf(severityOf(finding));
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

/** What was audited, when and where, in lines. */
export function factsOf(report: AuditReport): [name: string, text: string][] {
  const { startedAt, tookMs, url, system, environment } = report;
  return [
    ['When', `${startedAt.slice(0, 19).replace('T', ' ')} UTC, for ${durationText(tookMs)}`],
    ['What', system === 'own' ? 'a system started for this audit, like npm start' : `the service at ${url}`],
    ['Version', versionText(environment)],
    ['Machine', machineText(environment)],
    [
      'How',
      'canaries were sent through the service, then the memory of every process was searched byte by byte',
    ],
  ];
}

function versionText({ serviceVersion, auditVersion, commit }: AuditEnvironment): string {
  const service = serviceVersion === undefined ? 'unknown' : serviceVersion;
  const program = service === auditVersion ? '' : `, audited with ${auditVersion}`;
  if (commit === undefined) return `Removebg BD ${service}${program}, commit not known`;
  const changes = commit.isModified ? ' with uncommitted changes' : '';
  return `Removebg BD ${service}${program}, commit ${commit.id.slice(0, 12)}${changes}`;
}

function machineText({ cpu, cores, memoryMib, os, kernel, node, redis }: AuditEnvironment): string {
  const servers = redis.length === 0 ? 'Redis version not known' : `Redis ${redis.join(' and ')}`;
  const memory = `${Math.round(memoryMib / 1024)} GiB of memory`;
  return `${cpu}, ${counted(cores, 'core')}, ${memory}; ${os}, Linux ${kernel}; Node ${node}; ${servers}`;
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? counted(seconds, 'second') : counted(Math.round(seconds / 60), 'minute');
}
