import { spawnSync } from 'node:child_process';
import { AuditError } from './audited-system.js';
import type { Role, ServiceProcess } from './process-table.js';

/** Main processes of containers, by name. @throws AuditError when docker does not know them */
export const pidsOfContainers = (containers: readonly { role: Role; name: string }[]): ServiceProcess[] =>
  containers.map(({ role, name }) => ({ role, pid: pidOf(name) }));

function pidOf(name: string): number {
  const { status, stdout, error } = spawnSync(
    'docker',
    ['inspect', '--format', '{{.State.Pid}}', '--', name],
    {
      encoding: 'utf8',
    },
  );
  if (error !== undefined) throw new AuditError(`--container ${name}: not run, there is no docker here.`);
  const pid = Number(stdout.trim());
  if (status !== 0 || !(pid > 0))
    throw new AuditError(`--container ${name}: not run, docker knows no such running container.`);
  return pid;
}
