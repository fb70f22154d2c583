import type { Redis } from 'ioredis';
import { commandRules, commandsOf, keyRule, type RedisUser } from './redis-acl.js';

/** Entry of `COMMAND` in Redis 7: name, arity, flags, …, subcommands as tenth. */
type CommandInfo = [name: string, arity: number, ...rest: unknown[]];

/**
 * True when a user of the live server has exactly the rights of redis.conf: the same keys and channels, and of all commands
 * of the server only those. Versions of Redis print the same rules in different ways, so each command is checked with
 * ACL DRYRUN instead.
 */
export async function hasExactRights(redis: Redis, user: RedisUser): Promise<boolean> {
  const live = pairs(await redis.call('ACL', 'GETUSER', user.name));
  if (patternsOf(live) !== patternsWanted(user)) return false;
  const wanted = commandsOf(user);
  const known = ((await redis.call('COMMAND')) as CommandInfo[]).flatMap(withSubcommands);
  const results = await Promise.all(
    known.filter(isGuarded).map(async (command) => {
      return (await mayRun(redis, user.name, command)) === isAmong(wanted, command[0]);
    }),
  );
  return results.every(Boolean);
}

/** The flags of a user, such as `on` or `off`. */
export async function userFlags(redis: Redis, name: string): Promise<string[]> {
  const { flags } = pairs(await redis.call('ACL', 'GETUSER', name));
  return Array.isArray(flags) ? flags.map(String) : [];
}

/** Keys, channels and selectors as text. */
function patternsOf(live: Record<string, unknown>): string {
  const selectors = Array.isArray(live['selectors']) ? live['selectors'].map(pairs) : [];
  const grants = selectors.map(({ keys, commands }) => sorted(keys, commands));
  return [sorted(live['keys']), sorted(live['channels']), ...grants].join('; ');
}

function patternsWanted({ control, channels, payload }: RedisUser): string {
  const grants = payload.map(({ keys, commands }) =>
    sorted(keys.map(keyRule).join(' '), commandRules(commands)),
  );
  const shared = sorted(control.keys.map(keyRule).join(' '));
  return [shared, sorted(channels.map((channel) => `&${channel}`).join(' ')), ...grants].join('; ');
}

/** Commands before authentication (AUTH, HELLO, QUIT, RESET) are allowed to every user. */
const isGuarded = ([, , flags]: CommandInfo): boolean => !(flags as string[]).includes('no_auth');

/** A rule for a command includes its subcommands. */
const isAmong = (wanted: ReadonlySet<string>, name: string): boolean =>
  wanted.has(name) || wanted.has(name.split('|')[0] ?? '');

/** A command with subcommands cannot be run alone. */
function withSubcommands(command: CommandInfo): CommandInfo[] {
  const subcommands = command[9];
  return Array.isArray(subcommands) && subcommands.length > 0 ? (subcommands as CommandInfo[]) : [command];
}

/** A refusal because of the key means that the command is allowed on other keys. */
async function mayRun(redis: Redis, user: string, [name, arity]: CommandInfo): Promise<boolean> {
  const words = name.split('|');
  const more = Array.from({ length: Math.max(0, Math.abs(arity) - words.length) }, () => '1');
  const reply = String(await redis.call('ACL', 'DRYRUN', user, ...words, ...more));
  return !/no permissions to run/.test(reply);
}

const sorted = (...texts: unknown[]): string =>
  texts
    .flatMap((text) => (typeof text === 'string' ? text.split(' ') : []))
    .filter((word) => word !== '')
    .sort()
    .join(' ');

/** `[name, value, …]` as an object; an object stays one. */
function pairs(reply: unknown): Record<string, unknown> {
  if (!Array.isArray(reply)) return typeof reply === 'object' && reply !== null ? { ...reply } : {};
  const found: Record<string, unknown> = {};
  for (let i = 0; i + 1 < reply.length; i += 2) found[String(reply[i])] = reply[i + 1];
  return found;
}
