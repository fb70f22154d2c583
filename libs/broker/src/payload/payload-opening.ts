import type { Redis } from 'ioredis';
import { payloadServers } from '#config/payload-servers.js';
import { StartError, type ServiceSettings } from '#config/process-lifecycle.js';
import type { PayloadLink } from './payload-link.js';
import { PayloadShard, type ShardState } from './payload-shard.js';
import { PayloadShards } from './payload-shards.js';
import { addressAs } from '../redis/redis-connection.js';
import { imageCapacity } from '../redis/redis-checks.js';
import { authenticate, type Authentication } from '../redis/redis-user.js';
import { RetentionGuardError } from '#retention/retention-facts.js';
import { ShardWatch } from './shard-watch.js';

/** How long a start waits for shards. It goes on without those that do not answer, and takes them in later. */
const SHARD_ANSWER_MS = 3000;
const POLL_MS = 20;

/** A shard has come, gone, or been refused. */
export type ShardListener = (news: { shard: string; state: ShardState }) => void;

/** What payload needs of the rest. */
export interface PayloadParts {
  control: Redis;
  /** Connections for payload on the control server. */
  home: PayloadLink;
  onShard: ShardListener;
}

/** The payload servers of a process, and how to let go of them. */
export interface OpenPayloads {
  payloads: PayloadShards;
  close: () => void;
}

/**
 * Connects to the payload servers that the settings name.
 * @throws RetentionGuardError when one that answers could keep data
 * @throws StartError when none of them answers
 */
export async function openPayloads(
  settings: ServiceSettings,
  { user, password }: Pick<Authentication, 'user' | 'password'>,
  { control, home, onShard }: PayloadParts,
): Promise<OpenPayloads> {
  const guard = settings.RETENTION_GUARD;
  const servers = await Promise.all(
    payloadServers(settings).map(async (server) => ({
      ...server,
      url: await ownAddress(server.url, { user, password, guard, limitMs: SHARD_ANSWER_MS }),
    })),
  );
  const shards = servers.map((server) => {
    return new PayloadShard({
      ...{ ...server, guard, user },
      onState: (state) => onShard({ shard: server.name, state }),
    });
  });
  const watch = new ShardWatch(control, shards);
  const close = (): void => {
    watch.stop();
    for (const shard of shards) shard.close();
  };
  try {
    await settled(shards);
    if (shards.length > 0) watch.start();
    return { close, payloads: new PayloadShards(home, await imageCapacity(home.main), shards, watch) };
  } catch (error) {
    close();
    throw error;
  }
}

/** A shard that is away is signed in to later, as our user. @throws RetentionGuardError when it knows no such user */
async function ownAddress(url: string, as: Authentication): Promise<string> {
  try {
    return await authenticate(url, as);
  } catch (error) {
    if (error instanceof RetentionGuardError) throw error;
    return addressAs(as.user, url, as.password);
  }
}

/** Waits for first answers. */
async function settled(shards: readonly PayloadShard[]): Promise<void> {
  const isOpen = (): boolean => shards.some(({ state }) => state === 'away');
  for (const until = Date.now() + SHARD_ANSWER_MS; isOpen() && Date.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const refused = shards.filter(({ state }) => state === 'refused');
  if (refused.length > 0) throw new RetentionGuardError(refused.flatMap(({ faults }) => faults));
  if (shards.length > 0 && shards.every(({ state }) => state === 'away')) {
    throw new StartError(
      `No Redis of PAYLOAD_REDIS_URLS answers: ${shards.map(({ name }) => name).join(', ')}.`,
    );
  }
}
