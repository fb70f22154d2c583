import { settingsTable } from '#config/settings-reference.js';
import { generatedFrom } from './markdown.js';

/** `docs/reference/configuration.md`: every setting, its default and the values that it accepts. */
export const configurationPage = (): string => `# Configuration

${generatedFrom('libs/config/src/settings.schema.ts')}

Every setting is an environment variable and an option of \`npm start\`: \`PORT=4000 npm start\` and
\`npm start -- --port 4000\` do the same. The service reads them once, at start. An empty value counts as unset.

An invalid setting stops the start with exit code 78. The message names the setting and what it accepts. It never prints
the value. \`npm run settings\` prints this list in the terminal.

Three rules involve more than one setting:

- \`RATE_LIMIT=off\` requires a loopback \`HOST\`.
- \`METRICS_HOST\` and \`OTLP_URL\` may be reachable from other machines only with \`TELEMETRY_ON_NETWORK=true\`.
- \`REQUIRE_ACCELERATOR=true\` requires a \`PROVIDER\` other than \`cpu\`.

Files that hold keys or passwords must have mode 0600 or 0640.

\`npm run start:api\` and \`npm run start:worker\` run one application on the Redis in \`REDIS_URL\`, which must use
\`redis.conf\`. Each application signs in as its own user, \`api\` or \`worker\`, unless the address names another one, with
the password in \`REDIS_PASSWORD_FILE\`. \`deploy/secrets.sh FOLDER\` creates both passwords and a \`redis.conf\` with their
hashes.

${settingsTable()}
`;
