/** Entry point of a runner process: loads what its first argument specifies, then processes one image at a time. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Measurement, RunnerSpec, RunRequest, Runner } from './runner-protocol.js';

const STATUS = '/proc/self/status';
/** See proc(5): sets the peak back to what is resident now. */
const RESET_PEAK = ['/proc/self/clear_refs', '5'] as const;

const work = await load(JSON.parse(process.argv[2] ?? '{}') as RunnerSpec);
process.on('disconnect', () => process.exit(0));
process.on('message', (task: RunRequest) => {
  measurement(task).then(
    (found) => process.send?.(found),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : 'unknown reason'}\n`);
      process.exit(1);
    },
  );
});
process.send?.('ready');

/** Imported on demand: the peer has libraries of its own. */
async function load(spec: RunnerSpec): Promise<Runner> {
  switch (spec.kind) {
    case 'ours':
      return (await import('./service-runner.js')).loadOurs(spec);
    case 'network':
      return (await import('./service-runner.js')).loadNetwork(spec);
    case 'obvious':
      return (await import('./obvious-runner.js')).loadObvious(spec);
    case 'peer':
      return (await import('./peer-runner.js')).loadPeer();
  }
}

async function measurement({ image, withOutput }: RunRequest): Promise<Measurement> {
  const photo = Buffer.from(image);
  resetPeak();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const { output, stagesMs } = await work(photo);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return {
    wallMs,
    cpuMs: (user + system) / 1000,
    peakMb: peakMb(),
    outputBytes: output.length,
    stagesMs,
    ...(withOutput && { output }),
  };
}

function resetPeak(): void {
  try {
    writeFileSync(...RESET_PEAK);
  } catch {
    // Not permitted on every system: the peak is then that of the largest image so far, and images are in ascending
    // size.
  }
}

function peakMb(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(STATUS, 'utf8'))?.[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
