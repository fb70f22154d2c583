import { BusyClients } from '../harness/busy-clients.js';
import { pause } from '../harness/eventually.js';
import { useSystem } from '../harness/use-system.js';
import { takeProcessors } from './starvation.js';

/** Busy loops beside the service. */
const LOOPS = 8;
/** `BUSY_SECONDS=60` is the long form. */
const SECONDS = Number(process.env['BUSY_SECONDS'] ?? 15);

const { system } = useSystem();

jest.setTimeout(120_000 + 4 * SECONDS * 1000);

test('given eight busy loops beside the service, when photos are sent and fetched, then each is delivered complete and none is rejected', async () => {
  const clients = new BusyClients(system.url);
  const relief = takeProcessors(LOOPS);
  try {
    clients.start(3);
    await pause(SECONDS * 1000);
  } finally {
    await relief();
  }
  const { failures, delivered, healthy } = await clients.stop();
  expect(failures).toEqual([]);
  expect(delivered).toBeGreaterThan(0);
  expect(healthy).toBeGreaterThan(0);
  expect(system.output()).not.toContain('"event":"defect"');
});
