import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { CommandError, EXIT } from './exit-codes.js';
import { reasonOf } from './run-report.js';

/** An error of a tool call, with what would be right. Codes: docs/guides/mcp.md. */
export class ToolFault extends Error {
  override readonly name = 'ToolFault';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Code and sentences of an error. */
export interface FaultFacts {
  code: string;
  message: string;
}

const FILE_CODES: Readonly<Record<string, string>> = {
  EEXIST: 'output-exists',
  ENOENT: 'file-not-found',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  ENOSPC: 'disk-full',
  EROFS: 'permission-denied',
};

/** What a client is shown of an error: never a stack, never content of a file. */
export function faultFacts(error: unknown): FaultFacts {
  if (error instanceof ToolFault) return { code: error.code, message: error.message };
  if (error instanceof CommandError) {
    const code = error.exitCode === EXIT.service ? 'service-unreachable' : 'invalid-argument';
    return { code, message: error.message };
  }
  if (error instanceof RemoveBgError) {
    if (error.code === 'image-unreadable') return { code: error.code, message: reasonOf(error.cause) };
    return { code: error.code, message: error.message };
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return { code: FILE_CODES[code] ?? 'internal-error', message: reasonOf(error) };
}

/** One line about an error: its sentences, and its code in parentheses. */
export const faultLine = ({ code, message }: FaultFacts): string =>
  `${message.replace(/[.\s]+$/, '')} (${code})`;

/** The result of a failed call. It has no structured content, which would have to match the schema of a success. */
export const faultResult = (error: unknown): CallToolResult => ({
  isError: true,
  content: [{ type: 'text', text: faultLine(faultFacts(error)) }],
});
