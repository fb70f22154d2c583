import { leaksIn, size } from '../audit-findings.js';
import type { AuditReport } from './audit-report.js';
import { counted } from './report-words.js';
import { plain, verdictCell, type Cell } from './table-cell.js';

const NOT_RUN: Cell = { text: 'not run', tone: 'idle' };

/** One row for each channel besides memory. */
export const channelRows = (report: AuditReport): Cell[][] => [
  ...keyspaceRows(report),
  outputRow(report),
  ...fileRows(report),
];

function keyspaceRows({ paths, ends, findings }: AuditReport): Cell[][] {
  const looks = [...paths, ...ends]
    .flatMap((path) => path.looks.map(({ look }) => look.keyspace))
    .filter((look) => look !== undefined);
  if (looks.length === 0)
    return [[plain('Redis keys and values'), plain('needs --redis-url'), plain(''), NOT_RUN]];
  const found = findings.filter(({ channel }) => channel === 'keyspace').length;
  const keys = looks.reduce((sum, look) => sum + look.keys, 0);
  const bytes = looks.reduce((sum, look) => sum + look.bytes, 0);
  return [
    [
      plain('Redis keys and values, streams too'),
      plain(`${counted(keys, 'key')} in ${counted(looks.length, 'look')}, ${size(bytes)}`),
      plain(`${found}`),
      verdictCell(found === 0),
    ],
  ];
}

function outputRow({ output }: AuditReport): Cell[] {
  const what = plain('Printed output');
  if (output === undefined)
    return [what, plain('not available: the audit did not start the service'), plain(''), NOT_RUN];
  const found = leaksIn(output.hits).length;
  return [what, plain(size(output.bytes)), plain(`${found}`), verdictCell(found === 0)];
}

function fileRows({ files }: AuditReport): Cell[][] {
  if (files === undefined) return [];
  const { folders, appeared, lookedInto, hits } = files;
  return [
    [
      plain('Files in the service’s own folders'),
      plain('watched over the run'),
      plain(`${appeared.length}`),
      verdictCell(appeared.length === 0),
    ],
    [
      plain('Files elsewhere'),
      plain(`${counted(folders.length, 'folder')}, ${counted(lookedInto, 'new or changed file')}`),
      plain(`${hits.length}`),
      verdictCell(hits.length === 0),
    ],
  ];
}

/** One row for each process. */
export const processRows = ({ processes }: AuditReport): Cell[][] =>
  processes.map(({ role, pid, fileSizeLimit, coreLimit, swapKb, writtenDuringRun, faults }) => [
    plain(role),
    plain(`${pid}`),
    plain(fileSizeLimit === '0' ? 'no' : `up to ${fileSizeLimit}`),
    plain(coreLimit === '0' ? 'no' : `up to ${coreLimit}`),
    plain(`${swapKb} KiB`),
    plain(size(writtenDuringRun)),
    verdictCell(faults.length === 0 && writtenDuringRun === 0, ['as it should be', 'FAULT']),
  ]);
