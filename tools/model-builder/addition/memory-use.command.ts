/** Loads a model, runs it once on a gray picture, and reports its largest memory in bytes. Started by memory-use.ts. */
import { InferenceSession } from 'onnxruntime-node';
import { feedOf } from '#inference/model-feed.js';
import { frameOf } from '#inference/model-frame.js';
import { nominalSize } from '#inference/model-signature.js';
import type { MemoryTask } from './memory-use.js';

const KIB = 1024;

async function measure({ path, input, outputName }: MemoryTask): Promise<void> {
  // The options of session-factory.ts.
  const session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    enableCpuMemArena: false,
    logSeverityLevel: 4,
  });
  const { width, height } = frameOf(input.size, nominalSize(input));
  const picture = { data: new Uint8Array(3 * width * height).fill(128), width, height };
  await session.run({ [input.name]: feedOf(input).fill([picture]) }, [outputName]);
  process.send?.(process.resourceUsage().maxRSS * KIB);
}

process.once('message', (task) => {
  measure(task as MemoryTask).then(
    () => process.disconnect(),
    () => process.exit(1),
  );
});
