import { closeSync, openSync } from 'node:fs';
import { AuditImpossible } from './audited-system.js';
import type { ServiceProcess } from './process-table.js';

/** Makes sure that the memory of all processes can be read. @throws AuditImpossible with what to do about it */
export function checkRights(processes: readonly ServiceProcess[]): void {
  if (processes.length === 0) throw new AuditImpossible('No process of the service was found.');
  for (const { role, pid } of processes) {
    try {
      for (const file of ['mem', 'pagemap']) closeSync(openSync(`/proc/${pid}/${file}`, 'r'));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new AuditImpossible(
        `The memory of the ${role} (pid ${pid}) cannot be read (${code ?? 'unknown error'}). Run the audit as root, ` +
          'or with CAP_SYS_PTRACE as the same user; in a container add --cap-add=SYS_PTRACE and --pid=host.',
      );
    }
  }
}
