/** `npm run release -- FOLDER`: makes the files of a release, the same bytes from the same commit on any machine. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readArguments } from './arguments.js';
import { inRoot } from './paths.js';
import { runSync } from './processes.js';
import { EXIT_USAGE, runCommand, say, ToolError } from './report.js';

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
const ownPackage = (): { name: string; version: string } =>
  JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { name: string; version: string };

/** Output of a program. @throws ToolError when it fails */
function outputOf(program: string, args: string[]): string {
  const { ok, output } = runSync(program, args);
  if (!ok) throw new ToolError(`${program} ${args[0]} failed:\n${output}`);
  return output;
}

/** The current commit and its time. @throws ToolError when a file is not committed */
function currentCommit(): { id: string; date: string } {
  if (outputOf('git', ['status', '--porcelain']) !== '')
    throw new ToolError('Not everything is committed. A release is made from a commit.');
  const [id = '', date = ''] = outputOf('git', ['log', '-1', '--format=%H %cI']).trim().split(' ');
  return { id, date: new Date(date).toISOString() };
}

/** The version in package.json. @throws ToolError when CHANGELOG.md has no section for it */
function version(): string {
  const { version: current } = ownPackage();
  if (!readFileSync(inRoot('CHANGELOG.md'), 'utf8').includes(`## [${current}]`))
    throw new ToolError(`CHANGELOG.md has no section for ${current}.`);
  return current;
}

interface Component {
  'bom-ref': string;
  name: string;
  properties?: { name: string }[];
}

/** The members of a CycloneDX document that are read or changed. */
interface Bill {
  serialNumber?: string;
  metadata: { timestamp: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const isForProduction = ({ properties = [] }: Component): boolean =>
  !properties.some(({ name }) => name === 'cdx:npm:package:development');

/** A UUID (version 5 in form) made from a digest. */
function uuidOf(hex: string): string {
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

/**
 * The bill of materials of npm for the packages of production, without members that differ from run to run.
 * (`--omit=dev` leaves out packages that production needs, so they are selected here.)
 */
function billOfMaterials(date: string): object {
  const printed = outputOf('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']);
  const bill = JSON.parse(printed) as Bill;
  bill.components = bill.components.filter(isForProduction);
  const kept = new Set([bill.metadata.component, ...bill.components].map((each) => each['bom-ref']));
  bill.dependencies = bill.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((name) => kept.has(name)) }));
  // npm names the whole after its folder.
  bill.metadata.component.name = ownPackage().name;
  delete bill.serialNumber;
  bill.metadata.timestamp = date;
  return { ...bill, serialNumber: `urn:uuid:${uuidOf(sha256(JSON.stringify(bill)))}` };
}

/** Where a package comes from, as an in-toto statement (https://slsa.dev/spec/v1.0/provenance). */
const provenance = (name: string, digest: string, commit: string): object => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name, digest: { sha256: digest } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://docs.npmjs.com/cli/commands/npm-pack',
      externalParameters: { command: 'npm run release' },
      resolvedDependencies: [
        { name: 'source', digest: { gitCommit: commit } },
        { name: 'package-lock.json', digest: { sha256: sha256(readFileSync(inRoot('package-lock.json'))) } },
      ],
    },
    runDetails: { builder: { id: 'tools/src/release.ts' } },
  },
});

await runCommand(async () => {
  const { positionals } = readArguments({}, { hasPositionals: true });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0)
    throw new ToolError('usage: npm run release -- FOLDER', EXIT_USAGE);
  const out = resolve(folder);
  const { id, date } = currentCommit();
  const released = version();
  mkdirSync(out, { recursive: true });
  const packed = outputOf('npm', ['pack', '--json', '--ignore-scripts', `--pack-destination=${out}`]);
  const [{ filename: name }] = JSON.parse(packed) as [{ filename: string }];
  const digest = sha256(readFileSync(join(out, name)));
  const files: Record<string, string> = {
    // npm leaves the lock file out of every package; with it `npm ci` installs what was tested.
    'package-lock.json': readFileSync(inRoot('package-lock.json'), 'utf8'),
    'sbom.cdx.json': jsonText(billOfMaterials(date)),
    'provenance.json': jsonText(provenance(name, digest, id)),
  };
  const sums = [`${digest}  ${name}`];
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(out, file), text);
    sums.push(`${sha256(text)}  ${file}`);
  }
  writeFileSync(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  say(`${name} ${released} from ${id}:\n${sums.join('\n')}`);
  return 0;
});
