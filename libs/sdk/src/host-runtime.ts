/**
 * What Node offers and pages do not, without an import that a bundler for pages would have to resolve.
 * `process.getBuiltinModule` is there from Node 20.16 on, in Deno and in Bun.
 */
interface HostProcess {
  env?: Record<string, string | undefined>;
  getBuiltinModule?: {
    (name: 'node:fs/promises'): FileWriter | undefined;
    (name: 'node:module'): ModuleMaker | undefined;
  };
}

interface ModuleMaker {
  createRequire: (from: string) => (name: string) => unknown;
}

interface FileWriter {
  writeFile: (path: string | URL, data: AsyncIterable<Uint8Array>) => Promise<void>;
}

const hostProcess = (): HostProcess | undefined => (globalThis as { process?: HostProcess }).process;

/** A variable of the environment; undefined when it is not set or empty, and in pages. */
export function environmentHere(name: string): string | undefined {
  try {
    return hostProcess()?.env?.[name] || undefined;
  } catch {
    // Deno, without the permission to read the environment.
    return undefined;
  }
}

/** Writes a file. @throws Error in a page, which has no files | what writing throws */
export async function writeFileHere(path: string | URL, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const files = hostProcess()?.getBuiltinModule?.('node:fs/promises');
  if (files === undefined) {
    throw new Error('saveTo() needs Node. In a page use URL.createObjectURL(image) as the href of a link.');
  }
  await files.writeFile(path, bytes);
}

/** A package that is installed beside this one; undefined when it is not, and in pages. */
export function requireHere(name: string): unknown {
  try {
    return hostProcess()
      ?.getBuiltinModule?.('node:module')
      ?.createRequire(import.meta.url)(name);
  } catch {
    return undefined;
  }
}
