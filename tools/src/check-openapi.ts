/** `npm run check:openapi`: lints the OpenAPI document of the built API. */
import { createConfig, lintFromString, type RawUniversalConfig } from '@redocly/openapi-core';
import { readArguments } from './arguments.js';
import { openApiDocument } from './openapi-document.js';
import { runCommand, say } from './report.js';

const RULES: RawUniversalConfig = {
  extends: ['recommended-strict'],
  rules: {
    'parameter-description': 'error',
    'operation-tag-defined': 'error',
    'operation-singular-tag': 'error',
    'component-name-unique': 'error',
    // Health, models, keys and the retention statement take no input: a client can make no error.
    'operation-4xx-response': 'off',
  },
};

await runCommand(async () => {
  readArguments({});
  const source = openApiDocument();
  const config = await createConfig(RULES);
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  for (const { severity, ruleId, message, location } of problems)
    say(`${severity} ${ruleId} at ${location[0]?.pointer ?? '#/'}: ${message}`);
  say(`openapi: ${problems.length} problem(s)`);
  return problems.length === 0 ? 0 : 1;
});
