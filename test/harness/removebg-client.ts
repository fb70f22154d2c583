import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { compileFunction } from 'node:vm';

/** Facts of a result from the client of remove.bg. */
export interface ClientResult {
  base64img: string;
  creditsCharged: string;
  detectedType: string;
  resultWidth: string;
  resultHeight: string;
  rateLimit?: string;
  rateLimitRemaining?: string;
  rateLimitReset?: string;
}

/** The npm package `remove.bg`. */
export interface RemovebgClient {
  removeBackgroundFromImageFile(options: Record<string, unknown>): Promise<ClientResult>;
  removeBackgroundFromImageBase64(options: Record<string, unknown>): Promise<ClientResult>;
  removeBackgroundFromImageUrl(options: Record<string, unknown>): Promise<ClientResult>;
}

const SOURCE = resolve('node_modules/remove.bg/dist/index.js');
const ADDRESS = 'https://api.remove.bg/v1.0/removebg';

/** The package as published but for the one address that it has built in. */
export function removebgClient(url: string): RemovebgClient {
  const source = readFileSync(SOURCE, 'utf8');
  if (source.split(ADDRESS).length !== 2) throw new Error('the package has changed');
  const module = { exports: {} };
  const load = compileFunction(source.replace(ADDRESS, `${url}/v1.0/removebg`), [
    'exports',
    'require',
    'module',
  ]) as (exports: object, require: NodeJS.Require, module: object) => void;
  load(module.exports, createRequire(SOURCE), module);
  return module.exports as RemovebgClient;
}
