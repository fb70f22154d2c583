import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the package, from the folder of this file in the sources and in dist. */
const ROOTS = ['../../../', '../../../../'].map((up) => fileURLToPath(new URL(up, import.meta.url)));

/** Path of a file that ships with the program, whatever folder the models of a test are in. */
export const packageFile = (name: string): string =>
  [process.cwd(), ...ROOTS].map((root) => join(root, name)).find(existsSync) ?? name;
