import { readFileSync } from 'node:fs';
import { eventually } from '../harness/eventually.js';
import { RawConnection, type RawAnswer } from '../harness/raw-connection.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';
import { ECHO, type Attack } from './attacks/attack.js';
import { bodyAttacks } from './attacks/body-attacks.js';
import { framingAttacks } from './attacks/framing-attacks.js';
import { targetAttacks } from './attacks/target-attacks.js';

const MIB = 1_048_576;
const AT_A_TIME = 8;
const MAX_GROWTH_MIB = 150;
/** Nothing that a stranger sends makes an answer slower than this, on however busy a machine. */
const ANSWER_MS = 8000;

const { system, api } = useSystem({}, 0);

jest.setTimeout(120_000);

const memoryMib = (): number => {
  const status = readFileSync(`/proc/${system.apis[0]!.child.pid!}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
};

/** Errors in the response to an attack. Photoroom calls the code `type`. */
function faultOfAnswer({ status, headers, body }: RawAnswer, text: string): string[] {
  const isProblem = /^application\/(problem\+)?json/.test(headers.get('content-type') ?? '');
  return [
    status >= 500 && `${status}`,
    status >= 400 && !isProblem && 'no problem',
    status >= 400 && body !== '' && !/"(?:code|type)":"[a-z_-]+"/.test(body) && 'no code',
    !headers.has('content-security-policy') && 'no policy',
    headers.get('x-content-type-options') !== 'nosniff' && 'may be sniffed',
    headers.has('access-control-allow-origin') && 'opened to other origins',
    headers.has('server') && 'reveals its software',
    headers.has('x-powered-by') && 'reveals its software',
    text.includes(ECHO) && 'echo',
  ].filter((fault) => fault !== false);
}

/** Makes an attack and says what was wrong with what came of it. */
async function faultsOf({ name, bytes, statuses, closes = false }: Attack): Promise<string[]> {
  const connection = new RawConnection(system.url);
  await connection.send(bytes);
  const [answer] = await connection.answers(1, ANSWER_MS);
  const faults = answer === undefined ? ['no answer'] : faultOfAnswer(answer, connection.text);
  if (answer !== undefined && !statuses.includes(answer.status)) faults.push(`answered ${answer.status}`);
  if (closes && !(await connection.closes(ANSWER_MS))) faults.push('still open');
  connection.break();
  return faults.map((fault) => `${name}: ${fault}`);
}

/** The service is as it was: alive, in the same process, without a defect, and with nothing left in Redis. */
async function expectUnharmed(before: number): Promise<void> {
  const { child } = system.apis[0]!;
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  expect((await api.call('GET', '/healthz')).status).toBe(200);
  expect(system.output()).not.toContain('"defect"');
  expect(system.output()).not.toContain(ECHO);
  await nothingRemains(system);
  await eventually(() => memoryMib() < before + MAX_GROWTH_MIB, 20_000);
}

test.each([
  ['framing', framingAttacks()],
  ['target', targetAttacks()],
  ['body', bodyAttacks()],
])(
  'given each attack on the %s of requests, when it is sent, then the response has a problem code and the service stays healthy',
  async (_, attacks) => {
    const before = memoryMib();
    const faults: string[] = [];
    for (let at = 0; at < attacks.length; at += AT_A_TIME) {
      faults.push(...(await Promise.all(attacks.slice(at, at + AT_A_TIME).map(faultsOf))).flat());
    }
    expect(faults).toEqual([]);
    await expectUnharmed(before);
  },
);

test('given all attacks, when they are counted, then there are more than twice 96, each with a unique name', () => {
  const names = [...framingAttacks(), ...targetAttacks(), ...bodyAttacks()].map(({ name }) => name);
  expect(names.length).toBeGreaterThan(192);
});

test('given 200 requests in one chunk, when they are pipelined, then each is answered, in order', async () => {
  const connection = new RawConnection(system.url);
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  await connection.send(Array.from({ length: 100 }, () => get('/healthz') + get('/nothing')).join(''));
  const answers = await connection.answers(200, 20_000);
  expect(answers.map(({ status }) => status)).toEqual(
    Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 200 : 404)),
  );
  connection.break();
});

test('given uploads that are aborted or reset at any point, when the connections are closed, then no data remains of them', async () => {
  const before = memoryMib();
  const head =
    'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 5000000\r\n\r\n';
  const start = Buffer.concat([
    Buffer.from(head),
    Buffer.from('ffd8ffe000104a464946000101000001000100ffe2fff0', 'hex'),
  ]);
  for (let i = 0; i < 40; i += 1) {
    const connection = new RawConnection(system.url);
    await connection.send(start.subarray(0, 20 + Math.floor((i * start.length) / 40)));
    if (i % 4 === 0) await connection.send(Buffer.alloc(MIB + i));
    if (i % 4 === 1) connection.halfClose();
    connection.break(i % 2 === 0);
  }
  await expectUnharmed(before);
});
