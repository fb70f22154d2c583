/** `npm run board`: shows the queue board of a running API. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readArguments } from './arguments.js';
import { runCommand, say, ToolError } from './report.js';

const REFRESH_MS = 2000;
const CLEAR_SCREEN = '\u001b[2J\u001b[H';

async function readBoard(origin: string): Promise<string> {
  try {
    const response = await fetch(`${origin}/board.txt`, { signal: AbortSignal.timeout(REFRESH_MS) });
    return await response.text();
  } catch {
    throw new ToolError(`Nothing answers at ${origin}.`);
  }
}

await runCommand(async () => {
  const { values } = readArguments({ watch: { type: 'boolean' } });
  const port = process.env['METRICS_PORT'] ?? '';
  if (port === '') throw new ToolError('METRICS_PORT is required: the one that the API was started with.');
  const host = process.env['METRICS_HOST'] || '127.0.0.1';
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (values['watch'] !== true) {
    say((await readBoard(origin)).trimEnd());
    return 0;
  }
  for (;;) {
    say(`${CLEAR_SCREEN}${await readBoard(origin)}`);
    await sleep(REFRESH_MS);
  }
});
