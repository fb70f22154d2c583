/**
 * The commands behind the npm scripts. Plain data, read before anything is installed or built.
 *
 * @typedef {object} Command
 * @property {string} name
 * @property {string} summary
 * @property {string} [help] answer to --help; without it the command answers itself
 * @property {(args: string[]) => StepName[]} [needs] steps of tools/src/set-up.ts that come before it, skipped for --help
 * @property {string} [project] a tsconfig.json to compile first, for programs that are not part of the build
 * @property {string} [module] built program, below dist; it reads process.argv
 * @property {string[]} [args] put before the arguments of the user
 * @property {boolean} [inUserFolder] it runs where the user is, not in the repository
 * @property {string} [failureLine] last line of the output when the set-up fails
 */

/** @typedef {'redis' | 'models' | 'test-models' | 'usual-models' | 'test-tools' | 'chromium'} StepName */

/** What a service on this machine needs. */
const SERVICE = () => /** @type {StepName[]} */ (['redis', 'models']);

const startAppHelp = (app) => `npm run start:${app} -- [options]

Runs one ${app === 'api' ? 'API' : 'worker'} on the Redis that --redis-url (REDIS_URL) names. Each option is a setting:
\`npm start -- --help\` shows the usual ones, \`npm run settings\` all of them.`;

/** @type {readonly Command[]} */
export const COMMANDS = [
  {
    name: 'start',
    summary: 'runs the service on this machine',
    module: 'tools/src/start.js',
    help: `npm start -- [options]

Installs what is missing, builds, and runs the service on this machine: a private Redis that stores nothing on disk,
the API, and workers. Ctrl-C stops all of them and leaves no files and no processes behind.

  --port 3000            port of the API (0: any free port)
  --host 127.0.0.1       address to listen on
  --workers 2            worker processes (default: set by --layout)
  --layout auto          latency: all cores for one image; throughput: one image per core
  --model isnet          models to load, comma-separated, the default first (\`npm run models -- list\`)
  --provider cpu         where models run: cpu, cuda, tensorrt, dml, coreml, webgpu or auto
  --apis 2               API processes, on --port and the ports after it
  --metrics-port 9464    port of the metrics and the queue board, one per API (default: none)
  --redis-url URL        use this Redis instead of a private one
  --payload-shards 3     three more private Redis servers, for images only
  --log-level info       silent, error, warn, info or debug
  --log-format auto      json, text, or auto: text on a terminal
  --yes, -y              install system packages (Redis) without a pause
  --version, -v          print the version
  --help, -h             print this help

Each option is a setting: --port 3000 is PORT=3000 in the environment, and every other setting works the same way.
\`npm run settings\` lists them all. Other users of this machine can see options, so pass secrets in files.

Other commands: npm test · npm run setup · npm run start:api · npm run start:worker · npm run models -- list`,
  },
  {
    name: 'start:api',
    summary: 'runs one API on a Redis of yours',
    module: 'tools/src/start-app.js',
    args: ['api'],
    help: startAppHelp('api'),
  },
  {
    name: 'start:worker',
    summary: 'runs one worker on a Redis of yours',
    module: 'tools/src/start-app.js',
    args: ['worker'],
    help: startAppHelp('worker'),
  },
  {
    name: 'setup',
    summary: 'installs and builds what `npm start` and `npm test` need',
    needs: () => ['redis', 'usual-models', 'test-tools', 'chromium'],
    help: `npm run setup

Installs and builds everything that \`npm start\` and \`npm test\` need. Starts nothing. When MODEL names models that are
not made from the shipped pack (AGPL-3.0), the pack is not installed; \`npm test\` installs it for its own models.`,
  },
  {
    name: 'build',
    summary: 'compiles the applications and bundles the page',
    help: `npm run build

Compiles the applications and bundles the page into dist/, also when nothing has changed.`,
  },
  {
    name: 'test',
    summary: 'runs the gates',
    module: 'tools/src/test.js',
    failureLine: 'tests: 0 passed, 1 failed',
    help: `npm test -- [GATE…] [--all]

Installs and builds what is missing and runs the named gates, or all of them. The last line is the total.

Gates: lint, types, format, direction, openapi, packages, unit, integration, retention, e2e, contract, faults, scale, hostile, deploy, browser, responsiveness

  --all   the gate \`hostile\` processes the whole corpus instead of a part of it`,
  },
  {
    name: 'test:hostile',
    summary: 'runs the gate `hostile`',
    module: 'tools/src/test.js',
    args: ['hostile'],
    failureLine: 'tests: 0 passed, 1 failed',
    help: `npm run test:hostile -- [--all]

Runs the gate \`hostile\` alone.

  --all   processes the whole corpus instead of a part of it`,
  },
  {
    name: 'test:faults',
    summary: 'runs the service under load while faults are injected',
    needs: SERVICE,
    project: 'test/faults/tsconfig.json',
    module: 'test/faults/faults.command.js',
  },
  {
    name: 'fuzz',
    summary: 'fuzzes the parsers of untrusted input',
    module: 'tools/src/fuzz.js',
    help: `npm run fuzz -- [TARGET] [--seconds N]

Mutates untrusted input until a parser misbehaves or the time is up.

  TARGET        guard, decoder, multipart, urlencoded, json, base64, options or geometry (default: all of them)
  --seconds N   seconds for each target (default: 60)`,
  },
  {
    name: 'bench',
    summary: 'runs a benchmark',
    module: 'tools/src/bench.js',
  },
  {
    name: 'audit',
    summary: 'runs the retention audit',
    // It starts a service of its own, unless the URL of one is given.
    needs: (args) => (args.some((arg) => arg === '--url' || arg.startsWith('--url=')) ? [] : SERVICE()),
    module: 'apps/audit/src/main.js',
  },
  {
    name: 'models',
    summary: 'lists, prepares, verifies and adds models',
    module: 'tools/model-builder/models.command.js',
  },
  {
    name: 'keys',
    summary: 'creates, lists and revokes API keys',
    module: 'tools/src/keys.js',
    help: `npm run keys -- COMMAND

Manages the file of API keys that KEYS_FILE names.

  create --name NAME [--tier TIER] [--expires DATE]
              creates a key, stores its hash and prints the key once; it is not stored. NAME is a note for you. TIER is
              free, standard (default), enterprise or a tier of the file. DATE is 2027-01-31 or 2027-01-31T12:00:00Z
  list        prints id, state, tier, dates and name of each key
  revoke ID   ends a key

Running APIs apply a change within seconds. Edit the member "tiers" of the file to change tiers.

Exit codes: 0 done, 1 the file or a setting is wrong, 2 wrong usage`,
  },
  {
    name: 'settings',
    summary: 'lists all settings',
    module: 'tools/src/settings.js',
    help: `npm run settings -- [--markdown]

Prints every setting with its meaning, its default and the values it accepts.

  --markdown   as the table of docs/reference/configuration.md`,
  },
  {
    name: 'reference',
    summary: 'checks or writes the generated pages of docs/reference',
    module: 'tools/src/reference/reference.js',
    help: `npm run reference -- [--check|--write]

Compares the pages of docs/reference with the code that they are generated from.

  --check   fails when a page is out of date (default)
  --write   writes the pages that are out of date`,
  },
  {
    name: 'board',
    summary: 'shows the queue board of a running API',
    module: 'tools/src/board.js',
    help: `npm run board -- [--watch]

Shows the queue board of a running API. METRICS_PORT (and METRICS_HOST) of that API must be set in the environment.

  --watch   refreshes it every two seconds`,
  },
  {
    name: 'receipts',
    summary: 'verifies deletion receipts',
    module: 'tools/src/receipts.js',
    help: `npm run receipts -- verify FILE|- [--jwks URL|FILE]

Verifies a deletion receipt: its form, its signature and its claims. FILE contains the receipt as the service returned
it (a compact JWS, or JSON with a member "receipt"); - reads it from standard input.

  --jwks URL|FILE   trusted keys (default: /.well-known/jwks.json of PUBLIC_URL, or of the service on this machine)

Take the keys from the service itself or from a copy that you made, never from the person who gives you the receipt.

Exit codes: 0 valid, 1 not valid, 2 not checked (wrong usage, or the receipt or the keys cannot be read)`,
  },
  {
    name: 'removebg',
    summary: 'runs the command line tool from this checkout',
    module: 'apps/cli/src/removebg.command.js',
    inUserFolder: true,
  },
  {
    name: 'client:pack',
    summary: 'makes the npm package of the SDK and the command line tool',
    module: 'tools/src/client-package.js',
    help: `npm run client:pack

Makes the npm package of the SDK and the command line tool: dist/client-package, and a .tgz beside it.`,
  },
  {
    name: 'release',
    summary: 'makes the files of a release',
    module: 'tools/src/release.js',
    help: `npm run release -- FOLDER

Makes the files of a release from the current commit: the package, its bill of materials (CycloneDX), its provenance
(SLSA, unsigned) and their checksums. The same commit gives the same bytes on any machine.`,
  },
  {
    name: 'check:openapi',
    summary: 'lints the OpenAPI document',
    module: 'tools/src/check-openapi.js',
    help: `npm run check:openapi

Lints the OpenAPI document of the built API.`,
  },
  {
    name: 'check:packages',
    summary: 'checks the dependencies for known vulnerabilities',
    module: 'tools/src/check-packages.js',
    help: `npm run check:packages

Asks the registry for known vulnerabilities of the production dependencies. Passes when the registry does not answer.`,
  },
];
