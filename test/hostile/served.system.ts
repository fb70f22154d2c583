import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_MANIFEST, MANIFEST } from '#inference/model.catalogue.js';
import { sha256Of } from '#inference/model.files.js';
import { meanNetwork, SMALL_SIDE } from '../support/small.networks.js';
import { CONTAINED } from '../support/redis.process.js';
import { startSystem, type TestSystem } from '../support/system.js';

const NAME = 'whole';

/** A service whose network calls every pixel the subject, so that results show whole images; and its folder. */
export interface WholeSystem {
  system: TestSystem;
  remove: () => void;
}

/** Starts it: all of it is real but the network, which is a few nodes, and is registered as an operator would. */
export async function startWholeSystem(overrides: Record<string, string> = {}): Promise<WholeSystem> {
  const root = mkdtempSync(join(tmpdir(), 'removebg-whole-'));
  const here = process.cwd();
  const models = join(root, 'prepared');
  mkdirSync(models);
  mkdirSync(join(root, 'models'));
  cpSync(MANIFEST, join(root, MANIFEST));
  symlinkSync(join(here, 'dist'), join(root, 'dist'));
  const network = meanNetwork();
  writeFileSync(join(models, `${NAME}.onnx`), network);
  writeFileSync(join(root, LOCAL_MANIFEST), JSON.stringify({ models: [entryOf(network)] }));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    const system = await startSystem({ MODEL: NAME, MODEL_DIR: models, ...overrides }, 1, (kind, command) => {
      const [program, ...rest] = CONTAINED(kind, command);
      return kind === 'redis' ? [program, ...rest] : ['env', '-C', root, join(here, program), ...rest];
    });
    return { system, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

const LOW = [-255e6, -255e6, -255e6];

const entryOf = (network: Buffer): object => ({
  name: NAME,
  title: 'Everything is the subject',
  default: false,
  file: `${NAME}.onnx`,
  bytes: network.length,
  sha256: sha256Of(network),
  source: { kind: 'file' },
  // Whatever a channel's value, it is 1 to within rounding: so is their mean, the opacity.
  input: {
    kind: 'f32-nchw',
    name: 'input',
    sidePixels: SMALL_SIDE,
    mean: LOW,
    std: LOW.map((value) => -value),
  },
  output: { kind: 'f32', name: 'output', sidePixels: SMALL_SIDE, activation: 'none' },
  licence: { weights: 'none', package: 'none', note: 'Made by a test' },
  provenance: 'made by this test',
});
