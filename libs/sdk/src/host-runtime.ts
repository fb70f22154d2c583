/**
 * Node features, without an import that a bundler for browsers would have to resolve. `process.getBuiltinModule` exists in
 * Node 20.16 and later, Deno and Bun.
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

/** An environment variable; undefined if it is unset or empty, and in browsers. */
export function environmentVariable(name: string): string | undefined {
  try {
    return hostProcess()?.env?.[name] || undefined;
  } catch {
    // Deno without permission to read the environment.
    return undefined;
  }
}

/** Writes a file. @throws Error in a browser | the file system's error */
export async function writeFile(path: string | URL, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const files = hostProcess()?.getBuiltinModule?.('node:fs/promises');
  if (files === undefined) {
    throw new Error(
      'saveTo() needs Node. In a browser, use URL.createObjectURL(image) as the href of a link.',
    );
  }
  await files.writeFile(path, bytes);
}

/** Loads an optional package; undefined if it is not installed, and in browsers. */
export function requireOptional(name: string): unknown {
  try {
    return hostProcess()
      ?.getBuiltinModule?.('node:module')
      ?.createRequire(import.meta.url)(name);
  } catch {
    return undefined;
  }
}
