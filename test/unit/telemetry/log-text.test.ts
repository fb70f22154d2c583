import { Log } from '#telemetry/log.js';
import { textLine } from '#telemetry/log-text.js';

const TIME = new Date(2026, 0, 2, 3, 4, 5, 6);

const written = (LOG_FORMAT: 'auto' | 'json' | 'text', write: (log: Log) => void): string[] => {
  const lines: string[] = [];
  write(new Log({ LOG_LEVEL: 'debug', LOG_FORMAT }, (line) => lines.push(line)));
  return lines;
};

describe('the log as text', () => {
  it('given an event, when it is written for people, then time, level and message come first and no field is lost', () => {
    const access = {
      ...{ client: '::1', agent: 'curl/8.5.0', method: 'POST', route: '/v1/jobs', status: 202 },
      ...{ requestBytes: 5120, responseBytes: 310, durationMs: 12 },
    };
    expect(textLine({ time: TIME, level: 'info', event: 'access', ...access }, false)).toBe(
      '03:04:05.006 INFO  POST /v1/jobs 202 in 12 ms client=::1 agent=curl/8.5.0 requestBytes=5120 responseBytes=310',
    );
    const engine = { time: TIME, level: 'warn', event: 'engine', cause: 'memory' } as const;
    expect(textLine(engine, false)).toBe('03:04:05.006 WARN  engine replaced: memory');
    expect(textLine(engine, true)).toContain('\u001b[');
  });

  it('given a user agent that would steer a terminal, when it is written as text, then nothing of it gets through', () => {
    const agent = 'a b="c" \u001b[31m\u009b2J\u202e\r\n[api] ready \u2028';
    const fields = {
      ...{ client: '::1', agent, method: 'GET', route: 'none', status: 404 },
      ...{ requestBytes: 1, responseBytes: 1, durationMs: 1 },
    };
    const [line = '', ...more] = written('text', (log) => log.info('access', fields));
    expect(more).toEqual([]);
    expect(line.trimEnd()).toMatch(/^[\x20-\x7e]+$/);
    expect(line).toContain('agent="a b=\\"c\\" ');
  });

  it('given a pipe, when the format is left to the program, then each line is an object', () => {
    const lines = written('auto', (log) => {
      log.warn('connection', { connection: 'control', state: 'lost', cause: 'closed' });
      log.defect(new TypeError('secret 7391'));
    });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'warn', event: 'connection', connection: 'control', state: 'lost', cause: 'closed' },
      { level: 'error', event: 'defect', error: 'TypeError' },
    ]);
    expect(lines.join('')).not.toContain('secret');
  });
});
