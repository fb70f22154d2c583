import { parseArgs } from 'node:util';
import { ALL_PATHS } from './path/all-paths.js';
import type { AuditPath } from './path/audit-path.js';
import type { Role, ServiceProcess } from './system/process-table.js';

const PATH_NAMES = ALL_PATHS.map(({ name }) => name);

/** Help text of the command. */
export const HELP = `npm run audit [-- options]

Sends canary images through the service on every path that an image can take. 50 ms and 2 s after each path ends, it
searches the memory of every process, Redis, the printed output and files for leftovers. Exit status 0: nothing found ·
1: something found · 2: the audit cannot run here · 3: void, because the audit did not see the canary while the engine
worked on it.

Without --url it starts its own system, like npm start, and stops it afterwards.

  --url URL              audit the running service at this address; needs:
  --pid ROLE=PID         a process of it; ROLE is api, worker, engine, redis, supervisor, nginx; repeatable.
                         Engines are found below their workers
  --container ROLE=NAME  the same by the name of a container (asks docker inspect)
  --redis-url URL        also search this Redis, as a user with +scan +type +@read ~*; repeatable
  --shards K             start its own system with K payload Redis
  --allow-kill           also walk the paths that kill processes of a running service
  --long                 ten rounds over all paths, each with 15 s of idle time before its last look. Finds leftovers
                         that depend on garbage collection. Takes an hour; --rounds and --paths split it
  --rounds N             number of rounds, 1 to 100 (default 1; 10 with --long)
  --idle S               idle seconds before the last look of a round, 0 to 600 (default 0; 15 with --long)
  --paths a,b            walk only these paths, and always result first, which shows that the audit works:
${listed(PATH_NAMES)}
  --report FILE          write a report: .json, .html or .md; repeatable
  --help`;

/** Names, wrapped into lines. */
function listed(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    const line = lines.at(-1) ?? '';
    if (line.length + name.length > 84) lines.push(name);
    else lines[lines.length - 1] = line === '' ? name : `${line}, ${name}`;
  }
  return lines.map((line) => `${' '.repeat(25)}${line}`).join('\n');
}

/** Wrong usage; the message names the argument. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The parsed command line. */
export interface Command {
  help: boolean;
  url: string | undefined;
  pids: ServiceProcess[];
  containers: { role: Role; name: string }[];
  redisUrls: readonly string[];
  /** Number of payload Redis of the audit's own system. */
  shards: number;
  mayKill: boolean;
  paths: readonly AuditPath[];
  rounds: number;
  /** Idle time before the last look of a round, in seconds. */
  idleS: number;
  reports: string[];
}

const ROLES: readonly string[] = ['api', 'worker', 'engine', 'redis', 'supervisor', 'nginx'];
/** Path that shows whether the audit can find a canary. */
const CONTROL_PATH = 'result';
const LONG = { rounds: '10', idleS: '15' };
const SHORT = { rounds: '1', idleS: '0' };

/** Reads the command line. @throws UsageError */
export function readCommand(args: string[]): Command {
  const { values } = parse(args);
  const pairs = (texts: string[] = []): { role: Role; value: string }[] =>
    texts.map((text) => roleAndValue(text));
  const form = values.long === true ? LONG : SHORT;
  const command = {
    help: values.help === true,
    url: values.url,
    pids: pairs(values.pid).map(({ role, value }) => ({ role, pid: pidIn(value) })),
    containers: pairs(values.container).map(({ role, value }) => ({ role, name: value })),
    redisUrls: values['redis-url'] ?? [],
    shards: numberIn('--shards', values.shards ?? '0', [0, 9]),
    mayKill: values['allow-kill'] === true,
    paths: pathsNamed(values.paths?.split(',') ?? PATH_NAMES),
    rounds: numberIn('--rounds', values.rounds ?? form.rounds, [1, 100]),
    idleS: numberIn('--idle', values.idle ?? form.idleS, [0, 600]),
    reports: (values.report ?? []).map((file) => reportFile(file)),
  };
  const named = command.pids.length + command.containers.length;
  if ((command.url === undefined) !== (named === 0)) {
    throw new UsageError(
      '--url and --pid (or --container) go together: the address to send to, and the processes to look at.',
    );
  }
  return command;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        url: { type: 'string' },
        pid: { type: 'string', multiple: true },
        container: { type: 'string', multiple: true },
        'redis-url': { type: 'string', multiple: true },
        shards: { type: 'string' },
        'allow-kill': { type: 'boolean' },
        paths: { type: 'string' },
        long: { type: 'boolean' },
        rounds: { type: 'string' },
        idle: { type: 'string' },
        report: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function roleAndValue(text: string): { role: Role; value: string } {
  const [role = '', value = ''] = text.split('=', 2);
  if (!ROLES.includes(role) || value === '') {
    throw new UsageError(`${text}: expected ROLE=…, where ROLE is one of ${ROLES.join(', ')}`);
  }
  return { role: role as Role, value };
}

function pidIn(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`${text}: not the number of a process`);
  return Number(text);
}

function numberIn(option: string, text: string, [min, max]: readonly [number, number]): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`${option} ${text}: a number from ${min} to ${max}`);
  }
  return value;
}

function pathsNamed(names: string[]): AuditPath[] {
  return [...new Set([CONTROL_PATH, ...names])].map((name) => {
    const path = ALL_PATHS.find((known) => known.name === name);
    if (path === undefined) throw new UsageError(`--paths ${name}: there is no such path`);
    return path;
  });
}

function reportFile(file: string): string {
  if (!/\.(json|html|md)$/.test(file))
    throw new UsageError(`--report ${file}: must end in .json, .html or .md`);
  return file;
}
