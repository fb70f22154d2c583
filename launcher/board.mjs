/** `npm run board`: the queue board of a running API in the terminal; `--watch` shows it again every two seconds. */
import { request } from 'node:http';
import { readArguments } from './arguments.mjs';
import { LauncherError, runCommand, say } from './report.mjs';

const HELP = `npm run board -- [--watch]

Shows the queue board of a running API, whose METRICS_PORT (and METRICS_HOST) must be in the environment.

  --watch   shows it again every two seconds`;

const AGAIN_MS = 2000;
const PORT = process.env['METRICS_PORT'] ?? '';
const HOST = process.env['METRICS_HOST'] || '127.0.0.1';

/** @returns {Promise<string>} */
const board = () =>
  new Promise((resolve, reject) => {
    const asked = request({ host: HOST, port: PORT, path: '/board.txt', timeout: AGAIN_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => resolve(text));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => reject(new LauncherError(`Nothing answers at ${HOST}:${PORT}.`))).end();
  });

await runCommand(async () => {
  const { values } = readArguments({ watch: { type: 'boolean' } });
  if (values['help'] === true) return say(HELP);
  if (PORT === '') throw new LauncherError('METRICS_PORT is needed: the one that the API was started with.');
  for (;;) {
    const text = await board();
    if (values['watch'] !== true) {
      say(text.trimEnd());
      return 0;
    }
    say(`\u001b[2J\u001b[H${text}`);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
});
