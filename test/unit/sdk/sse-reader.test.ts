import fc from 'fast-check';
import { SseMessages, type SseMessage } from '#sdk/sse-reader.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const parse = (...pieces: Uint8Array[]): SseMessage[] => {
  const messages = new SseMessages();
  return pieces.flatMap((piece) => messages.push(piece));
};

describe('given an event stream', () => {
  it.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ])('when its lines end in %s, then a message has its name, its joined data and its id', (_, end) => {
    const text = ['event: done', 'id: 7', 'data: one', 'data: two', '', 'data: x', '', '', ''].join(end);
    expect(parse(bytes(text))).toEqual([
      { name: 'done', data: 'one\ntwo', lastEventId: '7' },
      { name: 'message', data: 'x', lastEventId: '7' },
    ]);
  });

  it('when it continues an earlier stream, then messages without an id have the last id of that stream', () => {
    const messages = new SseMessages('4');
    expect(
      messages.push(bytes('data: a\n\nid: 5\ndata: b\n\n')).map(({ lastEventId }) => lastEventId),
    ).toEqual(['4', '5']);
  });

  it('when it starts with a byte-order mark, then the mark is removed', () => {
    expect(parse(bytes('\uFEFFdata: a\n\n'))).toEqual([{ name: 'message', data: 'a', lastEventId: '' }]);
  });

  it('when it has a retry field, then onRetry is called; when it ends within a message, then the message is dropped', () => {
    const pauses: number[] = [];
    const messages = new SseMessages('', (ms) => pauses.push(ms));
    expect(messages.push(bytes('retry: 2500\n: heartbeat\n\ndata: a\n\ndata: b\n'))).toHaveLength(1);
    expect(pauses).toEqual([2500]);
  });

  it('when it is split between any two bytes, then the messages are the same', () => {
    const line = fc.constantFrom(
      '',
      'data',
      'data: ü',
      'id: 1',
      'event: é',
      ': c',
      'id:',
      'data:  y: z',
      '\uFEFF',
    );
    const stream = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 30 })
      .map((lines) => bytes(lines.map(([text, end]) => text + end).join('')));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (whole, places) => {
        const at = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
        const pieces = [...at, whole.length].map((end, i) => whole.subarray(at[i - 1] ?? 0, end));
        expect(parse(...pieces)).toEqual(parse(whole));
      }),
      { numRuns: 300 },
    );
  });
});
