import { eventually } from '../../harness/eventually.js';
import { SupervisedProcess } from '../../../tools/src/supervised-process.js';
import type { Program } from '../../../tools/src/service-programs.js';

/** A program of one line, which reports by IPC that it runs. */
const program = (script: string): Program => ({
  ...{ name: 'a program', cwd: '.', env: process.env, isQuiet: true, stdin: 'ignore', hasIpc: true },
  command: { program: process.execPath, args: ['-e', `process.send('runs'); ${script}`] },
});

let starts = 0;
let current: SupervisedProcess | undefined;
const supervise = (script: string): SupervisedProcess => {
  starts = 0;
  const onMessage = (): void => void (starts += 1);
  current = new SupervisedProcess(program(script), { onMessage, onBadSettings: () => undefined });
  return current;
};
const delaysIn = (lines: unknown[][]): string[] =>
  lines.flatMap(([line]) => /Restarting in (.+)\.$/m.exec(String(line))?.[1] ?? []);

afterEach(async () => {
  await current?.stop(1000);
  jest.restoreAllMocks();
});

test('given a program that exits at once, when it is restarted, then each delay is twice the one before', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  supervise('process.exit(1)').start();
  await eventually(() => delaysIn(write.mock.calls).length >= 4);
  expect(delaysIn(write.mock.calls).slice(0, 4)).toEqual(['200 ms', '400 ms', '800 ms', '1.6 s']);
});

test('given a program that was stopped, when it is started again, then it runs, and is restarted as before', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const process1 = supervise('setInterval(() => undefined, 1000)');
  process1.start();
  await eventually(() => starts === 1);
  await process1.stop(5000);
  expect(delaysIn(write.mock.calls)).toEqual([]);
  process1.start();
  await eventually(() => starts === 2);
  await process1.stop(5000);
  expect(starts).toBe(2);
});

test('given a program that waits for its restart, when it is stopped, then it does not start until it is asked to', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const failing = supervise('process.exit(1)');
  failing.start();
  await eventually(() => delaysIn(write.mock.calls).length === 3);
  const before = starts;
  await failing.stop(1000);
  failing.start();
  await eventually(() => starts > before);
});
