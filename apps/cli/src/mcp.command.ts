import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Arguments } from './argument-reader.js';
import { EXIT } from './exit-codes.js';
import { ToolServer } from './mcp-server.js';
import { ServiceAccess } from './mcp-service.js';
import { mcpSettings } from './mcp-settings.js';
import type { Terminal } from './remove.command.js';

/**
 * `removebg mcp`: an MCP server on the standard input and output. Ends when the client closes the standard input, after the
 * calls in progress have been cancelled at the service. Returns the exit code.
 * @throws CommandError for a wrong command line | the signal's reason
 */
export async function mcpCommand(args: Arguments, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const settings = await mcpSettings(args, terminal.env);
  const service = new ServiceAccess(settings, terminal.env);
  const tools = new ToolServer(settings, service);
  const { stdin, stdout, stderr } = terminal;
  const { mcp } = tools;
  const closed = new Promise<void>((resolve) => (mcp.server.onclose = resolve));
  const close = (): void => void mcp.close();
  // A broken message is skipped. Its text may be anything and is not repeated.
  mcp.server.onerror = ({ name }) =>
    void stderr.write(`removebg mcp: a message was not understood (${name})\n`);
  stdin.once('end', close).once('close', close);
  signal.addEventListener('abort', close, { once: true });
  await mcp.connect(new StdioServerTransport(stdin, stdout));
  stderr.write(`removebg mcp: ready. Service: ${settings.isLocal ? 'local' : settings.server}\n`);
  if (signal.aborted) close();
  await closed;
  await tools.idle();
  await service.stop();
  stdin.destroy();
  signal.throwIfAborted();
  return EXIT.done;
}
