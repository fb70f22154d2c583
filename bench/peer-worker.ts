import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Worker } from './contestant-entry.js';
import { PEER_FOLDER } from './peer-install.js';

/** As far as it is used here. */
interface Peer {
  removeBackground: (image: Blob, config: { publicPath: string; model: 'medium' }) => Promise<Blob>;
}

const DIST = resolve(PEER_FOLDER, 'node_modules/@imgly/background-removal-node/dist');

/** The peer with its default settings and its default model, which its own package carries. It has no stages. */
export async function loadPeer(): Promise<Worker> {
  const { removeBackground } = (await import(pathToFileURL(join(DIST, 'index.mjs')).href)) as Peer;
  const config = { publicPath: `${pathToFileURL(DIST).href}/`, model: 'medium' } as const;
  return async (image) => {
    const cutOut = await removeBackground(new Blob([new Uint8Array(image)], { type: 'image/jpeg' }), config);
    return { output: new Uint8Array(await cutOut.arrayBuffer()), stagesMs: {} };
  };
}
