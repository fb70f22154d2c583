import { closeSync, openSync } from 'node:fs';
import { AuditError } from './audited-system.js';
import type { ServiceProcess } from './process-table.js';

/** Checks that the memory of all processes can be read. @throws AuditError with the remedy */
export function checkRights(processes: readonly ServiceProcess[]): void {
  if (processes.length === 0) throw new AuditError('No process of the service was found.');
  for (const { role, pid } of processes) {
    try {
      for (const file of ['mem', 'pagemap']) closeSync(openSync(`/proc/${pid}/${file}`, 'r'));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new AuditError(
        `The memory of the ${role} (pid ${pid}) cannot be read (${code ?? 'unknown error'}). Run the audit as root, ` +
          'or with CAP_SYS_PTRACE as the same user; in a container add --cap-add=SYS_PTRACE and --pid=host.',
      );
    }
  }
}
