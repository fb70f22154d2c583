import { z } from 'zod';

const text = z.string();

/** One cell of a table of the report. */
export const auditCellSchema = z.object({ text, tone: z.enum(['good', 'bad', 'idle', 'plain']) });

/** A name and what belongs to it. */
export const auditEntrySchema = z.object({ name: text, text });

/** Severity of a finding, the most severe first. */
export const AUDIT_SEVERITIES = ['critical', 'high', 'medium', 'unproven'] as const;

/** One table of the report. */
export const auditSectionSchema = z.object({
  title: text,
  text: text.describe('Introduction in one or two sentences'),
  head: z.array(text),
  columns: z.array(auditEntrySchema).describe('Explanations of columns'),
  rows: z.array(z.array(auditCellSchema)),
});

/** What the JSON report of `npm run audit` has for readers. The file has more members: everything that was measured. */
export const auditDocumentSchema = z.object({
  product: z.literal('Removebg BD'),
  verdict: z.enum(['pass', 'fail', 'void']),
  startedAt: z.iso.datetime(),
  tookMs: z.number().nonnegative(),
  system: z.enum(['own', 'attached']),
  environment: z.object({
    serviceVersion: z.exactOptional(text),
    auditVersion: text,
    commit: z.exactOptional(z.object({ id: text, isModified: z.boolean() })),
  }),
  document: z.object({
    sentence: text.describe('The verdict in one sentence'),
    facts: z.array(auditEntrySchema).describe('What was audited, when, and where'),
    findings: z.array(
      z.object({ severity: z.enum(AUDIT_SEVERITIES), channel: text, where: text, what: text }),
    ),
    severities: z.array(auditEntrySchema),
    sections: z.array(auditSectionSchema),
    terms: z.array(auditEntrySchema),
    outOfSight: z.array(text).describe('What the audit cannot see'),
    searched: z.array(text).describe('Places that were searched'),
    paths: z.int().nonnegative().describe('Ways of an image through the service that were tried'),
    rounds: z.int().nonnegative(),
  }),
});

/** A report of `npm run audit`. */
export type AuditDocument = z.output<typeof auditDocumentSchema>;
