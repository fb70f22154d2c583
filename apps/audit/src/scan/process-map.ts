import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 8;
const BATCH_PAGES = 131_072;

/** Bits of a pagemap entry's upper half (Documentation/admin-guide/mm/pagemap.rst). */
const PRESENT_OR_SWAPPED = 0xc0000000;
const FILE_PAGE = 0x20000000;

/** Mappings of the kernel and of devices, which hold no data of the process. */
const NOT_MEMORY = /^(\[vvar.*\]|\[vdso\]|\[vsyscall\]|\/dev\/(?!shm\/|zero).*)$/;
const SHARED_MEMORY = /^(\/dev\/(shm\/|zero)|\/memfd:|\/SYSV)/;

/** One mapping of a process. */
export interface Region {
  start: number;
  end: number;
  permissions: string;
  /** File, `[heap]`, `[stack]`, or empty for anonymous memory. */
  name: string;
}

/** A run of present pages. */
export interface Run {
  start: number;
  end: number;
}

/** The mappings of a process that can hold its data. @throws Error when it has ended or may not be read */
export function regionsOf(pid: number): Region[] {
  const regions: Region[] = [];
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+\s*(.*)$/.exec(line);
    if (match === null) continue;
    const [, start = '', end = '', permissions = '', name = ''] = match;
    if (NOT_MEMORY.test(name)) continue;
    regions.push({ start: parseInt(start, 16), end: parseInt(end, 16), permissions, name });
  }
  return regions;
}

/**
 * The private pages of a process: present or swapped out, and not a view of a file (a privately written page of a mapped
 * file is private). Memory that an allocator has made inaccessible is included.
 */
export function ownPages(pid: number, regions: readonly Region[]): Run[] {
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    return regions.flatMap((region) => runsOf(pagemap, region));
  } finally {
    closeSync(pagemap);
  }
}

function runsOf(pagemap: number, { start, end, name, permissions }: Region): Run[] {
  const viewsCount = !name.startsWith('/') || SHARED_MEMORY.test(name) || /w.s/.test(permissions);
  const runs: Run[] = [];
  let open: Run | undefined;
  for (let from = start; from < end; from += BATCH_PAGES * PAGE_BYTES) {
    const pages = Math.min(BATCH_PAGES, (end - from) / PAGE_BYTES);
    const entries = new Uint32Array(pages * 2);
    readSync(pagemap, entries, 0, entries.byteLength, (from / PAGE_BYTES) * ENTRY_BYTES);
    for (let page = 0; page < pages; page += 1) {
      const upper = entries[page * 2 + 1] as number;
      const isOwn = (upper & PRESENT_OR_SWAPPED) !== 0 && (viewsCount || (upper & FILE_PAGE) === 0);
      const address = from + page * PAGE_BYTES;
      if (!isOwn) {
        open = undefined;
      } else if (open === undefined) {
        runs.push((open = { start: address, end: address + PAGE_BYTES }));
      } else {
        open.end = address + PAGE_BYTES;
      }
    }
  }
  return runs;
}

/** Text for the mapping of an address. */
export function nameOfPlace(regions: readonly Region[], address: number): string {
  const region = regions.find(({ start, end }) => start <= address && address < end);
  if (region === undefined) return 'unknown';
  return `${region.name === '' ? 'anonymous' : region.name} ${region.permissions} ${Math.round((region.end - region.start) / 1024)} KiB`;
}
