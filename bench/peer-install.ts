import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the peer is installed: apart from the service, which does not depend on it. Relative to the top folder. */
export const PEER_FOLDER = 'bench/peer';

const LOCK = join(PEER_FOLDER, 'package-lock.json');
/** Inside node_modules, so that deleting that asks for an installation. */
const STAMP = join(PEER_FOLDER, 'node_modules', '.bench-stamp');

/**
 * Installs what the peer's lock file names (450 MB), unless that is there.
 * @throws Error when npm fails
 */
export function installPeer(): void {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex');
  const stamp = `${process.platform}-${process.arch} ${digest}`;
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  process.stderr.write(`installing the peer into ${PEER_FOLDER}\n`);
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEER_FOLDER,
    stdio: ['ignore', 2, 2],
    // Should scripts run after all: that of ONNX Runtime would download CUDA libraries.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (status !== 0) throw new Error('the peer could not be installed: see what npm says above');
  writeFileSync(STAMP, stamp);
}
