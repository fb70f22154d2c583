import { pause } from '../harness/eventually.js';
import type { SeededRandom } from '../harness/seeded-random.js';
import { canSetClock, type Role, type SupervisedSystem } from '../harness/supervised-system.js';
import { takeDescriptors, takeMemory, takeProcessors, type Relief } from './starvation.js';

/** Where a fault strikes, and for how long at most. */
export interface Scene {
  system: SupervisedSystem;
  chance: SeededRandom;
  longestMs: number;
}

/** One kind of fault. */
export interface Fault {
  name: string;
  /** Redis comes back empty: its jobs are lost, and their clients are notified. */
  losesQueue?: true;
  /** Client connections break: a client in the middle of a result may receive it again. */
  breaksClients?: true;
  /** Does harm; resolves when nothing is wrong any more but what the service has to mend itself. */
  strike: (scene: Scene) => Promise<void>;
}

const SHORTEST_MS = 300;
const HOUR_S = 3600;
/** A value that takes much room for a short command. */
const BALLAST_BYTES = 8 * 1024 * 1024;

const hold = ({ chance, longestMs }: Scene): Promise<void> => pause(chance.between(SHORTEST_MS, longestMs));

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself meanwhile.
  }
};

/** One process of a role; undefined while it is being started. */
function victim({ system, chance }: Scene, role: Role): number | undefined {
  const pids = system.pids(role);
  return pids.length === 0 ? undefined : chance.pick(pids);
}

const killed = (role: Role): Fault => ({
  name: `${role}-killed`,
  ...(role === 'redis' && { losesQueue: true }),
  ...(role === 'api' && { breaksClients: true }),
  strike: async (scene) => {
    const pid = victim(scene, role);
    if (pid !== undefined) signal(pid, 'SIGKILL');
    await Promise.resolve();
  },
});

const frozen = (role: Role): Fault => ({
  name: `${role}-frozen`,
  strike: async (scene) => {
    const pid = victim(scene, role);
    if (pid === undefined) return;
    signal(pid, 'SIGSTOP');
    await hold(scene);
    signal(pid, 'SIGCONT');
  },
});

const starved = (name: string, take: (scene: Scene) => Relief | undefined): Fault => ({
  name,
  breaksClients: true,
  strike: async (scene) => {
    const relief = take(scene);
    await hold(scene);
    await relief?.();
  },
});

const starvedProcess = (name: string, role: Role, take: (pid: number) => Relief): Fault =>
  starved(name, (scene) => {
    const pid = victim(scene, role);
    return pid === undefined ? undefined : take(pid);
  });

const network = (name: string, strike: Fault['strike']): Fault => ({ name: `network-${name}`, strike });

const weather = (name: string, given: SupervisedSystem['network']['weather']): Fault =>
  network(name, async (scene) => {
    scene.system.network.weather = given;
    await hold(scene);
    scene.system.network.weather = {};
  });

const once = (name: string, act: (scene: Scene) => void): Fault =>
  network(name, async (scene) => {
    act(scene);
    await Promise.resolve();
  });

const fullRedis: Fault = {
  name: 'redis-full',
  strike: async (scene) => {
    const redis = scene.system.inspector();
    const keys: string[] = [];
    try {
      for (;;) {
        const key = `ballast:${keys.length}`;
        keys.push(key);
        await redis.setrange(key, BALLAST_BYTES, 'x');
      }
    } catch {
      await hold(scene);
    } finally {
      await redis.del(...keys);
      redis.disconnect();
    }
  },
};

/** The clock of the machine is put forward, and back again: all that Redis keeps for a time has run out in between. */
const clockSet: Fault = {
  name: 'clock-set',
  losesQueue: true,
  strike: async (scene) => {
    await scene.system.setClock(HOUR_S);
    await hold(scene);
    await scene.system.setClock(0);
  },
};

/** Every kind of fault, each injected for real. */
export const FAULTS: readonly Fault[] = [
  ...(['worker', 'engine', 'api', 'redis'] as const).map(killed),
  ...(['worker', 'engine', 'api', 'redis'] as const).map(frozen),
  weather('slow', { latencyMs: 60 }),
  weather('narrow', { bytesPerS: 200_000 }),
  weather('held', { held: true }),
  once('cut', ({ system }) => system.network.cut()),
  once('cut-within-answer', ({ system }) => system.network.cutWithinAnswer()),
  once('forgotten', ({ system }) => system.network.forget()),
  starvedProcess('memory-taken', 'worker', takeMemory),
  starvedProcess('api-descriptors-taken', 'api', takeDescriptors),
  starvedProcess('worker-descriptors-taken', 'worker', takeDescriptors),
  starved('processors-taken', () => takeProcessors()),
  fullRedis,
  ...(canSetClock() ? [clockSet] : []),
];
