import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findCheckout } from './checkout.js';

/**
 * `removebg audit [options]`: runs the retention audit of a checkout, with the options that follow. It looks into the
 * memory of processes, so it can only look at a service on this machine. Returns its exit code.
 * @throws CommandError that says how to get a checkout
 */
export function auditCommand(options: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const checkout = findCheckout(env, 'removebg audit');
  return new Promise((resolve) => {
    const script = join(checkout, 'tools', 'bootstrap.mjs');
    const child = spawn(process.execPath, [script, 'audit', ...options], { cwd: checkout, stdio: 'inherit' });
    // Ctrl-C reaches it by itself: it has a system to end first.
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', () => resolve(2));
    child.once('exit', (code) => resolve(code ?? 2));
  });
}
