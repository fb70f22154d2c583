import fc from 'fast-check';
import { SseParser, type SseMessage } from '#client/sse.parser.js';

const parse = (...pieces: string[]): SseMessage[] => {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('given an event stream', () => {
  it.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ])('when its lines end in %s, then a message has its name, its data lines joined, and its id', (_, end) => {
    const text = ['event: done', 'id: 7', 'data: one', 'data: two', '', 'data: x', '', ''].join(end);
    expect(parse(text)).toEqual([
      { name: 'done', data: 'one\ntwo', lastEventId: '7' },
      // After a lone CR at the very end the parser cannot know more, and need not.
      { name: 'message', data: 'x', lastEventId: '7' },
    ]);
  });

  it('when it starts with a byte-order mark, then exactly one is taken off', () => {
    expect(parse('\uFEFFdata: a\n\n')).toEqual([{ name: 'message', data: 'a', lastEventId: '' }]);
    expect(parse('\uFEFF\uFEFFdata: a\n\n')).toEqual([]);
    expect(parse('', '\uFEFF', 'data: a\n\n')).toHaveLength(1);
  });

  it('when comments and unknown fields come, then they change nothing', () => {
    expect(parse(':\n: heartbeat\nfoo: bar\ndata: a\nbaz\n\n')).toEqual([
      { name: 'message', data: 'a', lastEventId: '' },
    ]);
  });

  it('when a message has no data line, then it is dropped, but an empty data line makes one', () => {
    expect(parse('event: a\nid: 1\n\ndata\n\n')).toEqual([{ name: 'message', data: '', lastEventId: '1' }]);
    expect(parse('data:\ndata:\n\n')[0]?.data).toBe('\n');
  });

  it('when a value starts with spaces, then one is taken off', () => {
    expect(parse('data:  two\n\ndata:none\n\n').map(({ data }) => data)).toEqual([' two', 'none']);
  });

  it('when an id holds NUL, then it is ignored; an empty one clears the last', () => {
    expect(parse('id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\n').map((m) => m.lastEventId)).toEqual([
      '1',
      '1',
      '',
    ]);
  });

  it('when retry is all digits, then it is taken, and otherwise not', () => {
    const parser = new SseParser();
    parser.push('retry: 2500\nretry: 1.5\nretry: -3\nretry:\n');
    expect(parser.retryMs).toBe(2500);
  });

  it('when it ends within a message, then that message does not come', () => {
    expect(parse('data: a\n\ndata: b\n')).toHaveLength(1);
  });

  it('when an id was not dispatched yet, then a reconnect does not name it', () => {
    const parser = new SseParser('4');
    parser.push('id: 5\ndata: a\n');
    expect(parser.lastEventId).toBe('4');
    parser.push('\n');
    expect(parser.lastEventId).toBe('5');
  });
});

describe('given any event stream', () => {
  const line = fc.oneof(
    fc.constantFrom('', 'data', 'data: x', 'id: 1', 'event: e', ': c', 'retry: 9', 'id:', 'data:  y: z'),
    fc.string({ unit: fc.constantFrom('d', 'a', 't', ':', ' ', 'é', '\uFEFF', '0'), maxLength: 8 }),
  );
  const stream = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 })
    .map((lines) => lines.map(([text, end]) => text + end).join(''));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  const cutAt = (text: string, places: number[]): string[] => {
    const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
    return [...at, text.length].map((end, i) => text.slice(at[i - 1] ?? 0, end));
  };

  it('when it is cut anywhere, then the messages are the same', () => {
    fc.assert(
      fc.property(stream, cuts, (text, places) => {
        expect(parse(...cutAt(text, places))).toEqual(parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('when it is parsed, then the result is that of the grammar read literally', () => {
    fc.assert(
      fc.property(stream, (text) => {
        expect(parse(text)).toEqual(parseWhole(text));
      }),
      { numRuns: 2000 },
    );
  });
});

/** The standard's rules applied to a complete text, as plainly as they are written. */
function parseWhole(text: string): SseMessage[] {
  const messages: SseMessage[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  let [data, name, id] = ['', '', ''];
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (data !== '') {
        messages.push({ name: name || 'message', data: data.replace(/\n$/, ''), lastEventId: id });
      }
      [data, name] = ['', ''];
      continue;
    }
    const [, field, value] = /^([^:]*)(?::[ ]?([^]*))?$/.exec(line)!;
    if (field === 'data') data += `${value ?? ''}\n`;
    if (field === 'event') name = value ?? '';
    if (field === 'id') id = value ?? '';
  }
  return messages;
}
