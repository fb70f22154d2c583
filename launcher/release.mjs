/**
 * `npm run release -- FOLDER`: makes what a release consists of, the same bytes from the same commit on any machine:
 * the package, its bill of materials (CycloneDX), where it comes from (SLSA provenance, unsigned) and their checksums.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT_USAGE, readArguments } from './arguments.mjs';
import { inRoot } from './places.mjs';
import { ask } from './programs.mjs';
import { LauncherError, runCommand, say } from './report.mjs';

const USAGE = 'usage: npm run release -- FOLDER';

/** @param {unknown} value */
const jsonText = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** @param {string | Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * What a program says, when it ends well.
 * @param {string} program
 * @param {string[]} args
 */
function told(program, args) {
  const { ok, output } = ask(program, args);
  if (!ok) throw new LauncherError(`${program} ${args[0]} failed:\n${output}`);
  return output;
}

/** The commit, and when it was made; only what is committed can be made again by others. */
function commit() {
  if (told('git', ['status', '--porcelain']) !== '')
    throw new LauncherError('Not everything is committed: a release is made of a commit.');
  const [id = '', date = ''] = told('git', ['log', '-1', '--format=%H %cI']).trim().split(' ');
  return { id, date: new Date(date).toISOString() };
}

/** The version, which the changelog must speak of. */
function version() {
  const { version: named } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  if (!readFileSync(inRoot('CHANGELOG.md'), 'utf8').includes(`## [${named}]`))
    throw new LauncherError(`CHANGELOG.md says nothing of ${named}.`);
  return named;
}

/** @param {{ properties?: { name: string }[] }} component of a bill of materials */
const isForProduction = ({ properties = [] }) =>
  !properties.some(({ name }) => name === 'cdx:npm:package:development');

/**
 * npm's own bill of materials, of what production installs, without what differs from run to run. (npm's `--omit=dev`
 * leaves out packages that production needs: they are told apart here.)
 * @param {string} date
 */
function billOfMaterials(date) {
  const bill = JSON.parse(told('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']));
  bill.components = bill.components.filter(isForProduction);
  const kept = new Set(
    [bill.metadata.component, ...bill.components].map((component) => component['bom-ref']),
  );
  bill.dependencies = bill.dependencies
    .filter((/** @type {{ ref: string }} */ { ref }) => kept.has(ref))
    .map((/** @type {{ ref: string, dependsOn: string[] }} */ { ref, dependsOn }) => ({
      ref,
      dependsOn: dependsOn.filter((name) => kept.has(name)),
    }));
  // npm calls the whole by the folder that it lies in.
  bill.metadata.component.name = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')).name;
  delete bill.serialNumber;
  bill.metadata.timestamp = date;
  const hex = sha256(JSON.stringify(bill));
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return { ...bill, serialNumber: `urn:uuid:${uuid.join('-')}` };
}

/**
 * Where a package comes from, as an in-toto statement (slsa.dev/spec/v1.0/provenance).
 * @param {{ name: string, digest: string }} subject
 * @param {{ id: string }} source
 */
const provenance = ({ name, digest }, { id }) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name, digest: { sha256: digest } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://docs.npmjs.com/cli/commands/npm-pack',
      externalParameters: { command: 'npm run release' },
      resolvedDependencies: [
        { name: 'source', digest: { gitCommit: id } },
        { name: 'package-lock.json', digest: { sha256: sha256(readFileSync(inRoot('package-lock.json'))) } },
      ],
    },
    runDetails: { builder: { id: 'launcher/release.mjs' } },
  },
});

await runCommand(async () => {
  const { values, positionals } = readArguments({}, { positionals: true });
  const [folder, ...more] = positionals;
  if (values['help'] === true) return say(USAGE);
  if (folder === undefined || more.length > 0) throw new LauncherError(USAGE, EXIT_USAGE);
  const out = resolve(folder);
  const source = commit();
  const released = version();
  mkdirSync(out, { recursive: true });
  const packed = JSON.parse(told('npm', ['pack', '--json', '--ignore-scripts', `--pack-destination=${out}`]));
  const name = packed[0].filename;
  const digest = sha256(readFileSync(join(out, name)));
  // npm leaves the lock file out of every package; with it `npm ci` installs what was tested.
  const lock = readFileSync(inRoot('package-lock.json'), 'utf8');
  /** @type {Record<string, string>} */
  const files = {
    'package-lock.json': lock,
    'sbom.cdx.json': jsonText(billOfMaterials(source.date)),
    'provenance.json': jsonText(provenance({ name, digest }, source)),
  };
  const sums = [`${digest}  ${name}`];
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(out, file), text);
    sums.push(`${sha256(text)}  ${file}`);
  }
  writeFileSync(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  say(`${name} ${released} from ${source.id}:\n${sums.join('\n')}`);
  return 0;
});
