import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { auditDocumentSchema, type AuditDocument } from '#contracts/audit-document.js';
import { SettingsError } from './settings.js';

/** Largest report that is published, in MiB. An audit of ten rounds takes about 3. */
const MAX_MIB = 8;

/** A published audit report. */
export interface PublishedAudit {
  /** The parts of the report that are shown. */
  document: AuditDocument;
  /** The file as it is. */
  json: Buffer;
}

/**
 * Reads the audit report that the operator publishes.
 * @throws SettingsError when the file cannot be read, is too large, or is not a JSON report of `npm run audit`
 */
export function readAuditReport(file: string | undefined): PublishedAudit | undefined {
  if (file === undefined) return undefined;
  const json = contentOf(file);
  try {
    return { document: auditDocumentSchema.parse(JSON.parse(json.toString('utf8'))), json };
  } catch {
    throw new SettingsError(
      'AUDIT_REPORT_FILE must be a JSON report of this version of `npm run audit -- --report FILE.json`.',
    );
  }
}

function contentOf(file: string): Buffer {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    const { size } = fstatSync(opened);
    if (size <= MAX_MIB * 1_048_576) {
      const content = Buffer.alloc(size);
      return content.subarray(0, readSync(opened, content));
    }
  } catch {
    throw new SettingsError('AUDIT_REPORT_FILE must be the path of a file that this user can read.');
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
  throw new SettingsError(`AUDIT_REPORT_FILE must be a file of up to ${MAX_MIB} MiB.`);
}
