import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { offeredModels } from '#config/engine-plan.js';
import { loadSettings } from '#config/settings.js';
import { modelsNamed, readCatalog } from '#inference/model-catalog.js';
import { lineage } from '#inference/model-license.js';
import { filesIn, isStamped, writeStamp } from './files.js';
import { inDist, inRoot, ROOT } from './paths.js';
import { findProgram, runNode, runSync } from './processes.js';
import { duration, say, ToolError } from './report.js';
import { installCommand, installPackage, sameName, type PackageNames } from './system-packages.js';

/**
 * One step of the set-up after the build. Quick when there is nothing to do.
 * @throws ToolError that says what is missing and how to get it
 */
export interface Step {
  name: string;
  run: () => Promise<'ready' | 'done'>;
}

/** Steps that commands name (commands.mjs). */
const STEPS = {
  redis: () => [redisStep()],
  models: () => [modelsStep],
  'test-models': () => [testModelsStep],
  'usual-models': () => (needsTestModels() ? [testModelsStep, modelsStep] : [modelsStep]),
  'test-tools': () => testToolSteps(),
  chromium: () => [chromiumStep],
} satisfies Record<string, () => Step[]>;

/** Does steps in order and reports those that did something; steps that were ready share one line. */
export async function setUp(steps: readonly (Step | keyof typeof STEPS)[]): Promise<void> {
  const startedAt = performance.now();
  const ready: string[] = [];
  for (const step of steps.flatMap((each) => (typeof each === 'string' ? STEPS[each]() : each))) {
    const stepStartedAt = performance.now();
    if ((await step.run()) === 'ready') ready.push(step.name);
    else say(`${step.name}: done in ${duration(performance.now() - stepStartedAt)}`);
  }
  if (ready.length > 0) say(`set-up: ${ready.join(', ')} ready (${duration(performance.now() - startedAt)})`);
}

/** The first version that has all directives of redis.conf. */
const MIN_REDIS_MAJOR = 7;
const REDIS_PACKAGE: PackageNames = {
  ...{ 'apt-get': 'redis-server', dnf: 'redis', apk: 'redis', brew: 'redis' },
};
const REDIS_GUIDE = 'https://redis.io/docs/latest/operate/oss_and_stack/install/';
const OTHER_REDIS = 'set REDIS_URL to use a Redis of yours';

/** The redis-server of this system, and its major version (0 without one). */
export function findRedis(): { path: string | undefined; major: number } {
  const path = findProgram('redis-server');
  if (path === undefined) return { path, major: 0 };
  return { path, major: Number(/\bv=(\d+)\./.exec(runSync(path, ['--version']).output)?.[1] ?? 0) };
}

/**
 * Finds Redis, or installs it from the packages of the system. Not needed when REDIS_URL is set.
 * @param noticeMs how long to wait before the installation
 */
export const redisStep = (noticeMs = 0): Step => ({
  name: 'redis',
  async run() {
    if (findRedis().major >= MIN_REDIS_MAJOR) return 'ready';
    const alternative = 'Set REDIS_URL=redis://HOST:PORT to use a Redis of yours instead.';
    if (findRedis().path === undefined)
      await installPackage('redis', REDIS_PACKAGE, { noticeMs, alternative });
    const { path, major } = findRedis();
    if (major >= MIN_REDIS_MAJOR) return 'done';
    const needed = `redis-server ${MIN_REDIS_MAJOR} or newer is required`;
    const command = installCommand(REDIS_PACKAGE);
    throw new ToolError(
      path === undefined
        ? `${needed} and could not be installed automatically. ` +
            `${command === undefined ? `Install it (${REDIS_GUIDE})` : `Run \`${command}\``}, or ${OTHER_REDIS}. ` +
            'Then run this command again.'
        : `${needed}. ${path} is version ${major}. Install a newer one (${REDIS_GUIDE}) and put it first in PATH, ` +
            `or ${OTHER_REDIS}. Then run this command again.`,
    );
  },
});

/** The settings that select the models of a worker, or forbid them. */
const MODEL_SETTINGS = ['MODEL', 'MODEL_LICENSES', 'PROVIDER', 'REQUIRE_ACCELERATOR'];

/** Where tests look for models, independent of the environment. */
const TEST_MODEL_DIR = '.cache/models';

const MODELS_COMMAND = inDist('tools', 'model-builder', 'models.command.js');

/**
 * Prepares the models that workers load: assembles them and verifies their SHA-256. While the files keep their size and
 * time, the stamp saves reading 170 MB at each start; `npm run models -- verify` reads all of them.
 */
export const modelsStep: Step = {
  name: 'models',
  run: () =>
    prepareModels({
      title: process.env['MODEL'] || 'the default model',
      stamp: 'models',
      names: [],
      modelDir: process.env['MODEL_DIR'] || TEST_MODEL_DIR,
    }),
};

const TEST_MODELS = inRoot('test', 'harness', 'prepared-models.json');

/** Prepares the models that tests load. */
const testModelsStep: Step = {
  name: 'models of the tests',
  run: () => {
    const names = JSON.parse(readFileSync(TEST_MODELS, 'utf8')) as string[];
    return prepareModels({ title: names.join(', '), stamp: 'test-models', names, modelDir: TEST_MODEL_DIR });
  },
};

/**
 * True when a configured model is made from a pack. The models of the tests are, too, and otherwise their pack (AGPL-3.0)
 * is not installed. False also when the settings are invalid: the preparation of the configured models reports that.
 */
function needsTestModels(): boolean {
  try {
    const { shipped, local } = readCatalog(ROOT);
    const configured = modelsNamed(ROOT, offeredModels(loadSettings(process.env)));
    const sources = configured.flatMap((entry) => lineage(entry, [...shipped, ...local]));
    return sources.some(({ source }) => source.kind === 'npm-chunks');
  } catch {
    return false;
  }
}

interface ModelSelection {
  title: string;
  /** Name of the stamp file. */
  stamp: string;
  /** Empty for the models of the settings. */
  names: string[];
  modelDir: string;
}

async function prepareModels({ title, stamp, names, modelDir }: ModelSelection): Promise<'ready' | 'done'> {
  const file = inRoot('.cache', 'setup', stamp);
  const selection = names.length > 0 ? names : MODEL_SETTINGS.map((key) => process.env[key] ?? '');
  if (isStamped(file, modelsDigest(selection, modelDir))) return 'ready';
  say(`models: preparing ${title}`);
  const env = { ...process.env, MODEL_DIR: modelDir };
  const { ok } = await runNode([MODELS_COMMAND, 'prepare', ...names], { env });
  if (!ok) throw new ToolError('A model could not be prepared. See the message above.');
  writeStamp(file, modelsDigest(selection, modelDir));
  return 'done';
}

/** SHA-256 of the selection, of what models are made from, and of size and time of the prepared files. */
function modelsDigest(selection: string[], modelDir: string): string {
  const hash = createHash('sha256').update(selection.join('\n'));
  for (const file of filesIn(resolve(ROOT, modelDir))) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`\n${file} ${size} ${mtimeMs}`);
  }
  const sources = [inRoot('models'), inDist('libs', 'inference'), inRoot('package-lock.json')];
  for (const file of sources.flatMap(filesIn)) hash.update(`\n${file}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const CHROME_OF_MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const CHROMIUM_PACKAGE = sameName('chromium');

/** The browser of the browser tests: CHROMIUM_PATH, or the first one of this system. */
export function findChromium(): string | undefined {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && existsSync(given)) return given;
  const found = CHROMIUM_NAMES.map(findProgram).find((path) => path !== undefined);
  return found ?? (existsSync(CHROME_OF_MACOS) ? CHROME_OF_MACOS : undefined);
}

/** Finds Chromium, or installs it from the packages of the system. Only tests need it. */
export const chromiumStep: Step = {
  name: 'chromium',
  async run() {
    if (findChromium() !== undefined) return 'ready';
    await installPackage('chromium', CHROMIUM_PACKAGE);
    if (findChromium() !== undefined) return 'done';
    const command = installCommand(CHROMIUM_PACKAGE);
    throw new ToolError(
      'Chromium is required by the browser tests and could not be installed automatically. ' +
        `${command === undefined ? 'Install Chromium or Google Chrome' : `Run \`${command}\``}, or set CHROMIUM_PATH ` +
        'to the program. Then run `npm test` again.',
    );
  },
};

/** Programs and files that the tests of a gate use, and the package of each. */
const TEST_TOOLS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  e2e: {
    ...{ '/usr/bin/python3': 'python3', mypy: 'mypy' },
    '/usr/lib/python3/dist-packages/setuptools': 'python3-setuptools',
    '/usr/lib/python3/dist-packages/wheel': 'python3-wheel',
    ...{ java: 'default-jre-headless', go: 'golang-go' },
    '/usr/share/gocode/src/golang.org/x/oauth2': 'golang-golang-x-oauth2-dev',
    ...{ php: 'php-cli', '/usr/share/php/GuzzleHttp': 'php-guzzlehttp-guzzle' },
    '/usr/share/doc/php-mbstring': 'php-mbstring',
  },
  faults: { faketime: 'faketime' },
  scale: { openssl: 'openssl', ip: 'iproute2' },
  deploy: { nginx: 'nginx', openssl: 'openssl', 'systemd-analyze': 'systemd' },
};

/** True for a program in PATH, or a file with this path. */
const isThere = (name: string): boolean =>
  name.startsWith('/') ? existsSync(name) : findProgram(name) !== undefined;

/** Finds the programs of these gates, or installs them from the packages of the system. */
export const testToolSteps = (gates: readonly string[] = Object.keys(TEST_TOOLS)): Step[] =>
  Object.entries(TEST_TOOLS)
    .filter(([gate]) => gates.includes(gate))
    .map(([gate, tools]) => ({ name: `tools of ${gate}`, run: () => installTools(gate, tools) }));

async function installTools(
  gate: string,
  tools: Readonly<Record<string, string>>,
): Promise<'ready' | 'done'> {
  const missing = (): [string, string][] => Object.entries(tools).filter(([name]) => !isThere(name));
  if (missing().length === 0) return 'ready';
  for (const [, name] of missing()) await installPackage(`tools of ${gate}`, sameName(name));
  const [first] = missing();
  if (first === undefined) return 'done';
  const [name, packageName] = first;
  const command = installCommand(sameName(packageName));
  throw new ToolError(
    `${name} is required by the gate ${gate} and could not be installed automatically. ` +
      `${command === undefined ? 'Install it' : `Run \`${command}\``}. Then run \`npm test\` again.`,
  );
}
