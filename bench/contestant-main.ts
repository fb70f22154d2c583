/** Entry of a contestant's process: loads what its first argument says, then answers one image at a time. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Answer, Entry, Task, Worker } from './contestant-entry.js';

const STATUS = '/proc/self/status';
/** See proc(5): sets the peak back to what is resident now. */
const RESET_PEAK = ['/proc/self/clear_refs', '5'] as const;

const work = await load(JSON.parse(process.argv[2] ?? '{}') as Entry);
process.on('disconnect', () => process.exit(0));
process.on('message', (task: Task) => {
  answer(task).then(
    (found) => process.send?.(found),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : 'unknown reason'}\n`);
      process.exit(1);
    },
  );
});
process.send?.('ready');

/** Each is imported only where it takes part: the peer brings libraries of its own. */
async function load(entry: Entry): Promise<Worker> {
  switch (entry.kind) {
    case 'ours':
      return (await import('./ours-worker.js')).loadOurs(entry);
    case 'network':
      return (await import('./ours-worker.js')).loadNetwork(entry);
    case 'obvious':
      return (await import('./obvious-worker.js')).loadObvious(entry);
    case 'peer':
      return (await import('./peer-worker.js')).loadPeer();
  }
}

async function answer({ image, outputWanted }: Task): Promise<Answer> {
  const photo = Buffer.from(image);
  resetPeak();
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const { output, stagesMs } = await work(photo);
  const wallMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return {
    wallMs,
    cpuMs: (user + system) / 1000,
    peakMb: peakMb(),
    outputBytes: output.length,
    stagesMs,
    ...(outputWanted && { output }),
  };
}

function resetPeak(): void {
  try {
    writeFileSync(...RESET_PEAK);
  } catch {
    // Not everywhere allowed: the peak is then that of the largest image so far, and images come by size.
  }
}

function peakMb(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(STATUS, 'utf8'))?.[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
