import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  RootsListChangedNotificationSchema,
  type CallToolRequest,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';
import { fileURLToPath } from 'node:url';
import { nearestName } from '#contracts/nearest-name.js';
import { VERSION } from '#contracts/version.js';
import { faultResult } from './mcp-fault.js';
import { AllowedFolders } from './mcp-folders.js';
import { describeModelsTool } from './mcp-models.js';
import { ProgressReporter, type RequestExtra } from './mcp-progress.js';
import { verifyReceiptTool } from './mcp-receipt.js';
import { removeBackgroundFolderTool } from './mcp-remove-folder.js';
import { removeBackgroundTool } from './mcp-remove.js';
import type { ServiceAccess } from './mcp-service.js';
import type { McpSettings } from './mcp-settings.js';
import type { Tool } from './mcp-tool.js';

/** All tools, in the order of the list. */
export const TOOLS: readonly Tool[] = [
  removeBackgroundTool,
  removeBackgroundFolderTool,
  verifyReceiptTool,
  describeModelsTool,
];

const ROOTS_TIMEOUT_MS = 10_000;

const INSTRUCTIONS =
  'Removes backgrounds of images, from files to files. Paths are absolute, or relative to the first allowed folder; an error ' +
  'names the allowed folders. Files are only replaced with overwrite: true. Results have the path, size and confidence; ' +
  'suggest that a person looks at results of low confidence.';

/** The MCP server: its tools, the folders that they may use, and the calls in progress. */
export class ToolServer {
  readonly mcp = new McpServer(
    { name: 'removebg', title: 'Removebg BD', version: VERSION },
    { instructions: INSTRUCTIONS },
  );
  private readonly calls = new Set<Promise<unknown>>();
  private folders: Promise<AllowedFolders> | undefined;

  constructor(
    private readonly settings: Pick<McpSettings, 'roots' | 'currentFolder'>,
    private readonly service: ServiceAccess,
  ) {
    const { server } = this.mcp;
    server.registerCapabilities({ tools: {}, logging: {} });
    // The schemas of the tools come from the option schema of the service, and so do the errors for wrong arguments.
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: TOOLS.map(({ name, title, description, annotations, inputSchema, outputSchema }) => ({
        ...{ name, title, description, annotations, inputSchema, outputSchema },
      })),
    }));
    server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => this.call(params, extra));
    server.setNotificationHandler(RootsListChangedNotificationSchema, () => {
      this.folders = undefined;
    });
  }

  /** Resolves when no call is in progress. */
  async idle(): Promise<void> {
    while (this.calls.size > 0) await Promise.allSettled([...this.calls]);
  }

  private async call(params: CallToolRequest['params'], extra: RequestExtra): Promise<CallToolResult> {
    const tool = TOOLS.find(({ name }) => name === params.name);
    if (tool === undefined) throw unknownTool(params.name);
    const running = this.run(tool, params.arguments ?? {}, extra);
    this.calls.add(running);
    try {
      return await running;
    } finally {
      this.calls.delete(running);
    }
  }

  /** Never rejects: errors are results. */
  private async run(
    tool: Tool,
    given: Record<string, unknown>,
    extra: RequestExtra,
  ): Promise<CallToolResult> {
    const progress = new ProgressReporter(extra, 100);
    const { signal } = extra;
    try {
      const folders = await this.allowedFolders();
      const { service } = this;
      const warn = (message: string): void => this.warn(tool, message);
      const { text, facts } = await tool.run({ given, folders, service, progress, signal, warn });
      return { content: [{ type: 'text', text }], structuredContent: facts };
    } catch (error) {
      return faultResult(error);
    } finally {
      await progress.end();
    }
  }

  private warn({ name }: Tool, message: string): void {
    const params = { level: 'warning', logger: name, data: message } as const;
    void this.mcp.sendLoggingMessage(params).catch(() => undefined);
  }

  /** `--root`; otherwise the roots of the client, if it has any; otherwise the current folder. */
  private allowedFolders(): Promise<AllowedFolders> {
    this.folders ??= this.findFolders();
    return this.folders;
  }

  private async findFolders(): Promise<AllowedFolders> {
    const { roots, currentFolder } = this.settings;
    if (roots.length > 0) return AllowedFolders.of(roots);
    const { server } = this.mcp;
    if (server.getClientCapabilities()?.roots === undefined)
      return AllowedFolders.of(currentFolder === undefined ? [] : [currentFolder]);
    try {
      const answer = await server.listRoots(undefined, { timeout: ROOTS_TIMEOUT_MS });
      return await AllowedFolders.of(answer.roots.flatMap(({ uri }) => folderOf(uri)));
    } catch {
      // Without its answer nothing is allowed. The next call asks again.
      this.folders = undefined;
      return AllowedFolders.of([]);
    }
  }
}

/** The folder of a root: none unless it is a `file:` URL of this machine. */
function folderOf(uri: string): string[] {
  try {
    return uri.startsWith('file:') ? [fileURLToPath(uri)] : [];
  } catch {
    return [];
  }
}

function unknownTool(name: string): McpError {
  const names = TOOLS.map((tool) => tool.name);
  const near = nearestName(name, names);
  const hint = near === undefined ? `The tools are ${names.join(', ')}.` : `Did you mean ${near}?`;
  return new McpError(ErrorCode.InvalidParams, `Unknown tool ${name.slice(0, 60)}. ${hint}`);
}
