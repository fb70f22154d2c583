import { spawn } from 'node:child_process';
import { cpuMsOf } from '#config/process-cpu.js';
import { afterRunning, onRunTicks } from '#config/run-timer.js';
import { eventually, pause } from '../../harness/eventually.js';

const standStill = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const nextImmediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('given a limit, when this process stands still for longer, then it has not run out', async () => {
  let over = false;
  const stop = afterRunning(1000, () => (over = true));
  standStill(2000);
  await pause(1);
  await nextImmediate();
  expect(over).toBe(false);
  stop();
});

test('given a limit, when this process runs, then it runs out once', async () => {
  let times = 0;
  await new Promise<void>((resolve) => {
    afterRunning(300, () => {
      times += 1;
      resolve();
    });
  });
  await pause(600);
  expect(times).toBe(1);
});

test('given a limit of what another process computes, when that one stands still, then it does not run out', async () => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  let over = false;
  child.kill('SIGSTOP');
  const stop = afterRunning(
    400,
    () => (over = true),
    () => cpuMsOf(child.pid),
  );
  await pause(1500);
  expect(over).toBe(false);
  child.kill('SIGCONT');
  await eventually(() => over);
  stop();
  child.kill('SIGKILL');
});

test('given ticks, when this process stood still, then the late one counts as one', async () => {
  const ran: number[] = [];
  const stop = onRunTicks((ms) => ran.push(ms), 20);
  standStill(500);
  await pause(100);
  stop();
  const before = ran.length;
  await pause(60);
  expect(ran.length).toBe(before);
  expect(Math.max(...ran)).toBeLessThanOrEqual(20);
});
