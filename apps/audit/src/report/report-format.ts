import type { AuditReport } from './audit-report.js';
import { documentOf } from './report-document.js';
import { htmlOf } from './html-report.js';
import { markdownOf } from './markdown-report.js';

/** The report in the format of its file's extension. */
export function renderReport(report: AuditReport, file: string): string {
  if (file.endsWith('.html')) return htmlOf(report);
  if (file.endsWith('.md')) return markdownOf(report);
  return `${JSON.stringify({ ...report, document: documentOf(report) }, null, 2)}\n`;
}
