import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { blocksOf, classOf, docPages, pastedText } from '../harness/doc-blocks.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const COMMAND = resolve('dist/apps/cli/src/removebg.command.js');
/** What a reader has: a photo under the names that the pages use, and folders of photos. */
const PHOTOS = [
  'photo.jpg',
  '4711.jpg',
  'photos/a.jpg',
  'photos/b.jpg',
  'in/a.jpg',
  'in/deep/b.jpg',
  'studio.jpg',
];
/** Read from the checkout, as it is. */
const CHECKOUT = ['docs', 'tools', 'package.json'];

const { system } = useLightSystem();
let root: string;

jest.setTimeout(240_000);
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'removebg-pasted-'));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin', 'removebg'), `#!/bin/sh\nexec "${process.execPath}" "${COMMAND}" "$@"\n`);
  chmodSync(join(root, 'bin', 'removebg'), 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => nothingRemains(system));

/** A folder of its own for each block, so that none profits from what another left. */
async function folderOf(name: string): Promise<string> {
  const folder = join(root, name);
  const photo = smallPhoto();
  for (const path of PHOTOS) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), photo);
  }
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(join(root, 'bin', 'removebg'), join(folder, 'node_modules', '.bin', 'removebg'));
  for (const path of CHECKOUT) symlinkSync(resolve(path), join(folder, path));
  return folder;
}

const isThere = (program: string): boolean => spawnSync('which', [program]).status === 0;

/** Shell blocks that can be run here, as they are pasted: with those before them that they continue. */
const pasted = docPages().flatMap((page) => {
  const blocks = blocksOf(page);
  return blocks.flatMap((block, index): [string, string][] => {
    const needs = /^needs: (.+)$/.exec(block.note)?.[1]?.split(', ') ?? [];
    const isRun = classOf(block) === 'run' && needs.every(isThere);
    // What is continued is run with what continues it.
    const isContinued = blocks[index + 1]?.note === 'continues';
    return isRun && !isContinued ? [[`${page}:${block.line}`, pastedText(blocks, index)]] : [];
  });
});

describe('given the shell commands of the documentation', () => {
  it.each(pasted)('when %s is pasted into bash, then every line of it works', async (place, text) => {
    const cwd = await folderOf(place.replace(/[^a-z0-9]/gi, '-'));
    const { port } = new URL(system.url);
    // The address alone is another: the tests take a free port.
    const script = text.replaceAll(/(?:localhost|127\.0\.0\.1):3000/g, `127.0.0.1:${port}`);
    const env = { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` };
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', `${script}\nwait`], {
      cwd,
      env: { ...env, PORT: port, REMOVEBG_SERVER: system.url, API: system.url },
      encoding: 'utf8',
      timeout: 180_000,
    });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    expect(stdout).not.toMatch(/"type":"(?:[^"]*)\/problems\//);
  });
});
