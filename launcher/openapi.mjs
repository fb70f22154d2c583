/** `npm run check:openapi`: lints the OpenAPI document of what was built. Reads and asks for nothing else. */
import { execFileSync } from 'node:child_process';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { inRoot } from './places.mjs';
import { runCommand, say } from './report.mjs';

const PRINT_DOCUMENT = inRoot('dist', 'apps', 'api', 'src', 'openapi.command.js');

/** @type {import('@redocly/openapi-core').RawUniversalConfig} */
const RULES = {
  extends: ['recommended-strict'],
  rules: {
    'parameter-description': 'error',
    // A new group of operations needs a line of what it is about.
    'operation-tag-defined': 'error',
    'operation-singular-tag': 'error',
    'component-name-unique': 'error',
    // Health, models, keys and the retention statement take no input: there is nothing a client could do wrong.
    'operation-4xx-response': 'off',
  },
};

await runCommand(async () => {
  const source = execFileSync(process.execPath, [PRINT_DOCUMENT], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const config = await createConfig(RULES);
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  for (const { severity, ruleId, message, location } of problems)
    say(`${severity} ${ruleId} at ${location[0]?.pointer ?? '#/'}: ${message}`);
  say(`openapi: ${problems.length} problem(s)`);
  return problems.length === 0 ? 0 : 1;
});
