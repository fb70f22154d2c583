import { readdirSync } from 'node:fs';
import { build, type Plugin } from 'esbuild';

const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)/g;

/** Leaves alone what is not installed: optional packages, asked for and done without. */
const optional: Plugin = {
  name: 'optional',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^.#/]/ }, async ({ path, resolveDir, kind, importer, pluginData }) => {
      if (pluginData === optional) return undefined;
      const found = await resolve(path, { resolveDir, kind, importer, pluginData: optional });
      return found.errors.length > 0 ? { external: true, path } : found;
    });
  },
};

/**
 * Names of the packages whose code programs can load, found by following each import and require from their entries.
 * What a package picks by the platform's name at run time is not found.
 */
export async function packagesLoadedBy(entryPoints: string[]): Promise<string[]> {
  const { metafile } = await build({
    ...{ entryPoints, bundle: true, platform: 'node', format: 'esm', metafile: true, logLevel: 'silent' },
    ...{ write: false, outdir: 'bundle', external: ['*.node'], plugins: [optional] },
  });
  const names = Object.keys(metafile.inputs).map((file) => [...file.matchAll(PACKAGE)].at(-1)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** Names of the packages in a folder of packages. */
export const packagesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(`${folder}/${name}`).map((inner) => `${name}/${inner}`) : [name],
  );
