import { watch } from 'node:fs';
import { factsOf, type ProcessFacts } from '../../apps/audit/src/channel/process-facts.js';
import type { EdgeProcess } from './edge-process.js';

const LOOK_EVERY_MS = 5;

/** What a proxy has done with files. */
export interface ProxyFiles {
  /** Names that appeared below its folder, for however short a moment. */
  appeared: string[];
  /** Files that it was seen to hold open for writing, deleted ones too. */
  held: string[];
  /** Bytes that it has caused to be written to a disk. */
  writtenBytes: number;
}

/** Watches a proxy's folder, and the files that its processes hold open, while `work` is done. */
export async function filesDuring(proxy: EdgeProcess, work: () => Promise<void>): Promise<ProxyFiles> {
  const appeared = new Set<string>();
  const held = new Set<string>();
  const watcher = watch(proxy.folder, { recursive: true }, (_, name) => appeared.add(name ?? ''));
  const facts = (): ProcessFacts[] =>
    proxy.pids.map((pid) => factsOf({ role: 'nginx', pid })).filter((found) => found !== undefined);
  const written = (): number => facts().reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
  const before = written();
  const look = setInterval(() => {
    for (const { openForWriting } of facts()) openForWriting.forEach((file) => held.add(file));
  }, LOOK_EVERY_MS);
  await work().finally(() => clearInterval(look));
  watcher.close();
  return { appeared: [...appeared], held: [...held], writtenBytes: written() - before };
}
