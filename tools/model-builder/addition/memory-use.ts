import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ModelError } from '#inference/model-files.js';
import type { ModelInput } from '#inference/model-signature.js';

/** What the measuring process loads and runs once. */
export interface MemoryTask {
  path: string;
  input: ModelInput;
  outputName: string;
}

/**
 * Largest memory of a process that loads a model and runs one image on the CPU, in bytes. A separate process measures
 * it, so that a model for which the memory does not suffice ends that process only.
 * @returns undefined when the model fails in another way, which a trial then explains
 * @throws ModelError when the process is killed
 */
export async function measureMemory(task: MemoryTask): Promise<number | undefined> {
  const program = fileURLToPath(new URL('memory-use.command.js', import.meta.url));
  if (!existsSync(program)) return undefined;
  return new Promise((resolve, reject) => {
    let measured: number | undefined;
    const child = fork(program, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', (bytes) => {
      if (typeof bytes === 'number') measured = bytes;
    });
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      if (signal === null || measured !== undefined) resolve(measured);
      else reject(new ModelError(crashText(signal)));
    });
    child.send(task);
  });
}

const crashText = (signal: string): string =>
  signal === 'SIGKILL'
    ? 'The memory of this machine does not suffice for one image: the process was killed. Use a smaller model or --size'
    : `ONNX Runtime crashes on the model (${signal}): export it again`;
