/**
 * Runs the command behind an npm script: checks Node, installs the dependencies and builds when something has changed,
 * then imports the built command. The only code that runs before a build.
 *
 * usage: node tools/bootstrap.mjs COMMAND [arguments]
 *
 * Its messages go to stderr: the output of a command can be piped.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { COMMANDS } from './commands.mjs';

/** Minimum version of Node, as in `engines` of package.json. */
const MIN_NODE = { major: 20, minor: 19 };
/** Exit status of a wrong command line. */
const EXIT_USAGE = 2;

// `import.meta.dirname` needs Node 20.11: an older Node must get as far as the message about its version.
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const inRoot = (...parts) => join(ROOT, ...parts);

const LOCK = inRoot('package-lock.json');
/** npm's record of what it has installed. */
const INSTALLED = inRoot('node_modules', '.package-lock.json');
const INSTALL_STAMP = inRoot('node_modules', '.setup-stamp');
/** Inside dist: deleting dist asks for a build. */
const BUILD_STAMP = inRoot('dist', '.setup-stamp');
const BUILD_INPUTS = [
  ...['apps', 'libs', 'tools', 'docs'],
  ...['package-lock.json', 'package.json', 'tsconfig.json', 'nest-cli.json'],
];
const BUILD_OUTPUTS = ['apps/api/src/main.js', 'apps/worker/src/main.js', 'tools/src/start.js'];

/** An error with a message for the user: shown without a stack. */
class SetUpError extends Error {
  exitCode = 1;
}

const note = (line) => void process.stderr.write(`${line}\n`);

/** Runs a program to its end, its output on stderr; true when it succeeds. */
const succeeds = (program, args, env = process.env) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 2, 2] });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });

const nodeSucceeds = (args, env) => succeeds(process.execPath, args, env);

/** Every file below a path, or the path itself, sorted. */
function filesIn(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** SHA-256 of the names and contents of files; touching a file or checking it out again does not change it. */
function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

const isStamped = (stamp, digest) => existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;

function writeStamp(stamp, digest) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE.major || (major === MIN_NODE.major && minor >= MIN_NODE.minor)) return;
  throw new SetUpError(
    `Node ${MIN_NODE.major}.${MIN_NODE.minor} or newer is required. This is Node ${process.versions.node}. ` +
      'Get it from https://nodejs.org or with your version manager (`nvm install 24`).',
  );
}

/** Does a step and reports how long it took. */
async function timed(name, step) {
  const startedAt = performance.now();
  await step();
  note(`${name}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Installs exactly the packages of the lock file, unless they are installed. */
async function installDependencies() {
  // Packages contain binaries of one platform: a folder that comes from another machine is installed again.
  const digest = `${process.platform}-${process.arch} ${digestOf([LOCK])}`;
  if (isStamped(INSTALL_STAMP, digest)) return;
  if (!isInstalled()) await timed('dependencies', runNpmCi);
  writeStamp(INSTALL_STAMP, digest);
}

async function runNpmCi() {
  note('dependencies: installing from package-lock.json (about a minute the first time)');
  // The install script of onnxruntime-node would download CUDA libraries; npm before 11.16 ignores "allowScripts".
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: 'development' };
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  const isOwn = npm !== undefined && npm.endsWith('npm-cli.js');
  if (await (isOwn ? nodeSucceeds([npm, ...args], env) : succeeds('npm', args, env))) return;
  throw new SetUpError(
    'The dependencies could not be installed. See the messages of npm above, check that the registry is reachable ' +
      '(`npm ping`), and run the command again.',
  );
}

/** True when the installed packages are those of the lock file, for example after an `npm ci` of the user. */
function isInstalled() {
  const [installed, lock] = [INSTALLED, LOCK].map((file) => {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      return undefined;
    }
  });
  if (installed === undefined || lock === undefined) return false;
  // A package that the lock file no longer has is to be removed, too.
  if (!Object.keys(installed.packages).every((path) => path in lock.packages)) return false;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    const found = installed.packages[path];
    const isOptional = (wanted.optional ?? wanted.devOptional) === true;
    if (path === '' || (found === undefined && isOptional)) return true;
    return found !== undefined && found.version === wanted.version;
  });
}

/** Compiles the applications and bundles the page when a source has changed since the last build. */
async function build({ isForced }) {
  const sources = BUILD_INPUTS.flatMap((path) => filesIn(inRoot(path)));
  // Of Markdown, only docs/ is a source: the page shows it.
  const isSource = (file) => !file.endsWith('.md') || file.startsWith(inRoot('docs'));
  const digest = digestOf(sources.filter(isSource));
  const isBuilt =
    isStamped(BUILD_STAMP, digest) && BUILD_OUTPUTS.every((file) => existsSync(inRoot('dist', file)));
  if (isBuilt && !isForced) return;
  await timed('build', async () => {
    note('build: compiling the applications and the page');
    // The incremental compiler writes changed files only: without dist it has to start over.
    if (!existsSync(BUILD_STAMP)) rmSync(inRoot('.cache', 'build.tsbuildinfo'), { force: true });
    if (!(await nodeSucceeds([inRoot('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build'])))
      throw new SetUpError('The build failed. See the messages above.');
    if (!(await nodeSucceeds([inRoot('dist', 'tools', 'src', 'build-web.js')])))
      throw new SetUpError('The page could not be bundled. See the messages above.');
  });
  writeStamp(BUILD_STAMP, digest);
}

/** Compiles programs that are not part of the build. */
async function compile(project) {
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  if (await nodeSucceeds([compiler, '-p', inRoot(project)])) return;
  throw new SetUpError(`${project} could not be compiled. See the messages above.`);
}

const importBuilt = (module) => import(pathToFileURL(inRoot('dist', module)).href);

/** Prepares and runs a command. */
async function run({ name, help, needs = () => [], project, module, args = [], inUserFolder }, given) {
  const wantsHelp = given.some((arg) => arg === '--help' || arg === '-h');
  if (wantsHelp && help !== undefined) return void process.stdout.write(`${help}\n`);
  checkNode();
  const userFolder = process.env.INIT_CWD ?? process.cwd();
  process.chdir(ROOT);
  await installDependencies();
  await build({ isForced: name === 'build' });
  const steps = wantsHelp ? [] : needs(given);
  if (steps.length > 0) await (await importBuilt('tools/src/set-up.js')).setUp(steps);
  if (project !== undefined) await compile(project);
  if (module === undefined) return;
  if (inUserFolder) process.chdir(userFolder);
  process.argv = [process.execPath, inRoot('dist', module), ...args, ...given];
  await importBuilt(module);
}

function usage() {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return ['usage: node tools/bootstrap.mjs COMMAND [arguments]', '', ...lines].join('\n');
}

const [name, ...given] = process.argv.slice(2);
const command = COMMANDS.find((each) => each.name === name);
if (command === undefined) {
  note(usage());
  process.exitCode = name === '--help' ? 0 : EXIT_USAGE;
} else {
  try {
    await run(command, given);
  } catch (error) {
    note(error.exitCode === undefined ? (error.stack ?? String(error)) : error.message);
    if (command.failureLine !== undefined) process.stdout.write(`${command.failureLine}\n`);
    process.exitCode = error.exitCode ?? 1;
  }
}
