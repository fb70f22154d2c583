import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';

const FOLDER = fileURLToPath(new URL('../../lua/', import.meta.url));
const INCLUDE = /^--- @include "(.+)"$/gm;
const HEADER = /^--\[\[\n[^]*?\n\s+KEYS\[1\][^]*?\n\s+ARGV\[1\] [^]*?\n\s+Returns [^]*?\]\]\n/;

/** A script of `libs/broker/lua` as Redis gets it. */
export interface LuaScript {
  lua: string;
  numberOfKeys: number;
}

/** Runs a script on one connection: its keys in the order of its header, and its one argument, sent as JSON. */
export type RunScript<Args extends object, Reply> = (keys: readonly string[], args: Args) => Promise<Reply>;

const loaded = new Map<string, LuaScript>();

/**
 * Reads a script with its includes, once in a process. The number of keys is what its header says.
 * @throws Error when there is no such script, or its header is incomplete
 */
export function loadScript(name: string): LuaScript {
  let script = loaded.get(name);
  if (script === undefined) {
    const text = readFileSync(`${FOLDER}${name}.lua`, 'utf8');
    const [header] = HEADER.exec(text) ?? [];
    if (header === undefined) throw new Error(`${name}.lua needs a header with KEYS, ARGV and Returns.`);
    const numberOfKeys = header.match(/^\s+KEYS\[\d+\]/gm)?.length ?? 0;
    script = { lua: resolve(text, new Set()), numberOfKeys };
    loaded.set(name, script);
  }
  return script;
}

/** An include of `libs/broker/lua/includes` with those that it needs. */
export const readInclude = (name: string, included = new Set<string>()): string =>
  resolve(readFileSync(`${FOLDER}includes/${name}.lua`, 'utf8'), included);

/** Puts each include at the first line that asks for it. */
function resolve(text: string, included: Set<string>): string {
  return text.replaceAll(INCLUDE, (_line, name: string) => {
    if (included.has(name)) return '';
    included.add(name);
    return readInclude(name, included);
  });
}

/** Makes a script of `libs/broker/lua` callable on a connection. */
export function defineScript<Args extends object, Reply>(redis: Redis, name: string): RunScript<Args, Reply> {
  const script = loadScript(name);
  const command = `lua:${name}`;
  redis.defineCommand(command, script);
  const run = Reflect.get(redis, command) as (...args: string[]) => Promise<Reply>;
  return async (keys, args) => {
    if (keys.length !== script.numberOfKeys)
      throw new TypeError(`${name}.lua takes ${script.numberOfKeys} keys.`);
    return run.call(redis, ...keys, JSON.stringify(args));
  };
}
