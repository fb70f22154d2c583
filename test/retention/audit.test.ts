import { readCommand } from '../../apps/audit/src/command-line.js';
import { expectCleanAudit } from '../harness/audit.command.js';

describe('the command line', () => {
  test.each([
    [['--pid', 'api=1'], /--url and --pid/],
    [['--url', 'http://x'], /--url and --pid/],
    [['--url', 'http://x', '--pid', 'cook=1'], /ROLE is one of/],
    [['--url', 'http://x', '--pid', 'api=-1'], /not the number of a process/],
    [['--paths', 'result,moon'], /no such path/],
    [['--rounds', '0'], /from 1 to 100/],
    [['--idle', 'long'], /from 0 to 600/],
    [['--shards', '10'], /from 0 to 9/],
    [['--report', 'a.pdf'], /must end in/],
    [['--wrong'], /--wrong/],
  ])('given %j, when it is read, then it is refused with the reason', (args, reason) => {
    expect(() => readCommand(args)).toThrow(reason);
  });

  test('given some paths, when the line is read, then the path that shows that the audit sees is walked first', () => {
    const { paths, rounds, idleS } = readCommand(['--paths', 'packets,result,refused-option']);
    expect(paths.map(({ name }) => name)).toEqual(['result', 'packets', 'refused-option']);
    expect({ rounds, idleS }).toEqual({ rounds: 1, idleS: 0 });
  });

  test('given the long form, when the line is read, then there are ten rounds with rest over all paths', () => {
    const long = readCommand(['--long', '--rounds', '3']);
    const names = long.paths.map(({ name }) => name);
    expect({ rounds: long.rounds, idleS: long.idleS }).toEqual({ rounds: 3, idleS: 15 });
    expect(readCommand([]).paths.map(({ name }) => name)).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
  });
});

/** Images that clients send as they should, or break off. */
const WAYS = ['result', 'multipart', 'base64-json', 'base64-form', 'corrupt', 'upload-broken', 'archive'];

test('given the service as npm start runs it, when images take some of their paths, then nothing is left of them', async () => {
  await expectCleanAudit(WAYS);
}, 300_000);
