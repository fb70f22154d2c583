import { hostname } from 'node:os';
import type { AuditFinding, AuditReport, PathReport } from '../../../apps/audit/src/report/audit-report.js';
import { htmlOf } from '../../../apps/audit/src/report/html-report.js';
import { markdownOf } from '../../../apps/audit/src/report/markdown-report.js';
import { counted, GLOSSARY } from '../../../apps/audit/src/report/report-words.js';
import { describeEnvironment } from '../../../apps/audit/src/system/environment.js';

const path: PathReport = { name: 'result', title: 'delivered', round: 1, outcome: 'clean', looks: [] };
const report: AuditReport = {
  ...{ product: 'Removebg BD', verdict: 'pass', startedAt: '2026-11-29T12:00:00.000Z', tookMs: 1000 },
  ...{ url: 'http://127.0.0.1:1', system: 'own', inFlight: undefined, atEnd: undefined },
  environment: {
    ...{
      serviceVersion: '1.2.3',
      auditVersion: '1.2.3',
      commit: { id: 'abcdef0123456789', isModified: true },
    },
    ...{
      cpu: 'A CPU',
      cores: 1,
      memoryMib: 4096,
      os: 'An OS',
      kernel: '6.1',
      node: 'v20.1.0',
      redis: ['7.4.1'],
    },
  },
  ...{ paths: [path], ends: [{ ...path, name: 'end', title: 'all canaries' }] },
  output: { bytes: 10, hits: [] },
  files: { folders: ['/tmp'], appeared: [], lookedInto: 1, hits: [] },
  ...{ processes: [], findings: [], outOfSight: ['The kernel.'] },
};
const finding = (channel: AuditFinding['channel'], what: string): AuditFinding => ({
  channel,
  where: 'here',
  what,
});

test.each([
  ['HTML', htmlOf],
  ['Markdown', markdownOf],
])(
  'given an audit, when it is written as %s, then it says what, when and where, and explains its words',
  (_, write) => {
    const text = write(report);
    for (const part of [
      '1.2.3',
      'abcdef012345',
      'uncommitted changes',
      '2026-11-29',
      'A CPU, 1 core,',
      '4 GiB',
    ])
      expect(text).toContain(part);
    for (const part of [
      'An OS',
      'Linux 6.1',
      'Node v20.1.0',
      'Redis 7.4.1',
      'after 1 path ',
      '1 folder, 1 new or changed file',
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/\b1 (?:paths|files|folders|windows|findings|rounds|cores|looks|keys)\b/);
    for (const [term, meaning] of GLOSSARY) {
      expect(text).toContain(term);
      expect(text).toContain(meaning);
    }
  },
);

test('given findings, when they are written, then the gravest comes first and each severity is explained', () => {
  const findings = [
    finding('path', 'broke'),
    finding('process', 'may write'),
    finding('memory', 'pixels <left>'),
  ];
  for (const text of [htmlOf({ ...report, findings }), markdownOf({ ...report, findings })]) {
    const at = ['critical', 'medium', 'unproven'].map((severity) => text.indexOf(severity));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
  }
  const html = htmlOf({ ...report, verdict: 'fail', findings });
  expect(html).toContain('pixels &lt;left&gt;');
  expect(html).toContain('FAIL: 3 findings on 1 path.');
  expect(html).toContain('Part of an image, or of its names and texts, was left in readable form.');
  expect(html).not.toMatch(/<script/);
});

test('given this machine, when it is described, then neither its name nor a folder is in it', async () => {
  const environment = await describeEnvironment(process.cwd(), { url: 'http://127.0.0.1:9', redisUrls: [] });
  expect(environment.cpu).not.toBe('');
  expect(environment).toMatchObject({ serviceVersion: undefined, node: process.version, redis: [] });
  const text = JSON.stringify(environment);
  expect(text).not.toContain(process.cwd());
  if (hostname().length > 3) expect(text).not.toContain(hostname());
});

test('given numbers, when things are counted, then one is singular', () => {
  expect([counted(0, 'path'), counted(1, 'path'), counted(2, 'path')]).toEqual([
    '0 paths',
    '1 path',
    '2 paths',
  ]);
});
