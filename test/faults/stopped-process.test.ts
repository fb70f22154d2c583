import { ApiClient, type Answer } from '../harness/api-client.js';
import { BusyClients } from '../harness/busy-clients.js';
import { engineOf } from '../harness/engine-hold.js';
import { pause } from '../harness/eventually.js';
import { photo } from '../harness/photos.js';
import { useLightSystem } from '../harness/use-system.js';

/** Longer than Redis may be silent. */
const STOPPED_MS = 4000;
/** Long enough that commands are under way, their answers still owed, when the process is stopped. */
const OWED_MS = 700;

const { system } = useLightSystem({}, 2);

jest.setTimeout(180_000);

const PROCESSES: [name: string, pid: () => Promise<number> | number][] = [
  ['the API', () => system.apis[0]!.child.pid!],
  ['a worker', () => system.workers[0]!.child.pid!],
  ['an engine', () => engineOf(system.workers[0]!)],
];

test.each(PROCESSES)(
  'given images in every stage, when %s is stopped for 4 s while answers of Redis are on their way to it, then each image is delivered complete and no connection is lost',
  async (_name, pidOf) => {
    const clients = new BusyClients(system.url);
    clients.start(3);
    const api = new ApiClient(system.url);
    const waiting: Promise<Answer>[] = [];
    const pid = await pidOf();
    for (let i = 0; i < 3; i += 1)
      waiting.push(api.post(photo('coffee'), { headers: { Prefer: 'wait=60' } }));
    await pause(OWED_MS);
    system.redis.signal('SIGSTOP');
    await pause(OWED_MS);
    process.kill(pid, 'SIGSTOP');
    system.redis.signal('SIGCONT');
    await pause(STOPPED_MS);
    process.kill(pid, 'SIGCONT');
    await pause(1000);
    const { failures, delivered } = await clients.stop();
    expect(failures).toEqual([]);
    expect(delivered).toBeGreaterThan(0);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200));
    const lines = system.output().split('\n');
    expect(lines.filter((line) => /"event":"(connection|engine|defect)"/.test(line))).toEqual([]);
  },
);
