import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import type { ObjectSchema } from './mcp-arguments.js';
import type { AllowedFolders } from './mcp-folders.js';
import type { ProgressReporter } from './mcp-progress.js';
import type { ServiceAccess } from './mcp-service.js';

/** One call of a tool. */
export interface ToolCall {
  given: Readonly<Record<string, unknown>>;
  folders: AllowedFolders;
  service: ServiceAccess;
  progress: ProgressReporter;
  /** Aborts when the client cancels the call or leaves. */
  signal: AbortSignal;
  /** Sends a warning to the log of the client. */
  warn: (message: string) => void;
}

/** What a call came to: a few sentences with all that matters, and the same as data. Never image content. */
export interface ToolAnswer {
  text: string;
  facts: Record<string, unknown>;
}

/** A tool that clients can call. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  annotations: Required<Omit<ToolAnnotations, 'title'>>;
  inputSchema: ObjectSchema;
  outputSchema: ObjectSchema;
  /** @throws an error for `faultResult` */
  run: (call: ToolCall) => Promise<ToolAnswer>;
}
