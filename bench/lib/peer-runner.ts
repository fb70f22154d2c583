import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Runner } from './runner-protocol.js';

/** Folder of the peer, separate from the service, which does not depend on it. Relative to the root folder. */
export const PEER_FOLDER = 'bench/peer';

const LOCK = join(PEER_FOLDER, 'package-lock.json');
/** Inside node_modules, so that deleting that folder triggers an installation. */
const STAMP = join(PEER_FOLDER, 'node_modules', '.bench-stamp');

/** Installs the peer's lock file (450 MB), unless it is installed. @throws Error when npm fails */
export function installPeer(): void {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex');
  const stamp = `${process.platform}-${process.arch} ${digest}`;
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  process.stderr.write(`installing the peer into ${PEER_FOLDER}\n`);
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEER_FOLDER,
    stdio: ['ignore', 2, 2],
    // If scripts run despite the option, ONNX Runtime's would download CUDA libraries.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (status !== 0) throw new Error('the peer could not be installed: see what npm says above');
  writeFileSync(STAMP, stamp);
}

/** The part of its API that is used. */
interface Peer {
  removeBackground: (image: Blob, config: { publicPath: string; model: 'medium' }) => Promise<Blob>;
}

const DIST = resolve(PEER_FOLDER, 'node_modules/@imgly/background-removal-node/dist');

/** The peer with default settings and the default model from its own package. It reports no stages. */
export async function loadPeer(): Promise<Runner> {
  const { removeBackground } = (await import(pathToFileURL(join(DIST, 'index.mjs')).href)) as Peer;
  const config = { publicPath: `${pathToFileURL(DIST).href}/`, model: 'medium' } as const;
  return async (image) => {
    const cutOut = await removeBackground(new Blob([new Uint8Array(image)], { type: 'image/jpeg' }), config);
    return { output: new Uint8Array(await cutOut.arrayBuffer()), stagesMs: {} };
  };
}
