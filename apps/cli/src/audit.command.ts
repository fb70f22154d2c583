import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findCheckout } from './local-service.js';

/**
 * `removebg audit [options]`: runs the retention audit of a checkout with these options and returns its exit code. The
 * audit reads process memory, so it only works for a service on this machine.
 * @throws CommandError if there is no checkout
 */
export function auditCommand(options: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const checkout = findCheckout(env, 'removebg audit');
  return new Promise((resolve) => {
    const script = join(checkout, 'tools', 'bootstrap.mjs');
    const child = spawn(process.execPath, [script, 'audit', ...options], { cwd: checkout, stdio: 'inherit' });
    // The terminal sends Ctrl-C to the audit too; it stops its system, and then this process exits.
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', () => resolve(2));
    child.once('exit', (code) => resolve(code ?? 2));
  });
}
