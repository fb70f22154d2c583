import { styleText } from 'node:util';
import type { LogEvent, LogEvents } from './log-fields.js';

/** A log entry. */
export type LogEntry = { time: Date; level: string; event: LogEvent } & Record<string, unknown>;

/** Message of each event; others use the event's name. */
const MESSAGES: { [E in LogEvent]?: (fields: LogEvents[E]) => string } = {
  access: ({ method, route, status, durationMs }) =>
    `${method} ${route === 'none' ? '(no such page)' : route} ${status} in ${durationMs} ms`,
  started: ({ service }) => `${service} started`,
  accelerator: ({ declined, provider }) => `${declined} is unavailable, using ${provider}`,
  stopping: ({ service, reason }) => `${service} stops: ${reason}`,
  stopped: ({ service }) => `${service} stopped`,
  retention: () => 'retention check failed',
  cutout: ({ durationMs }) => `image done in ${durationMs} ms`,
  metered: () => 'image metered',
  keys: (fields) =>
    'loaded' in fields ? 'API keys loaded' : 'API keys not loaded, the previous keys remain in use',
  stages: () => 'stages of an image',
  refused: ({ code }) => `image ended without a result: ${code}`,
  engine: ({ cause }) => `engine replaced: ${cause}`,
  connection: ({ connection, state }) => `${connection} connection to Redis ${state}`,
  shard: ({ shard, state }) => `shard ${shard} is ${state}`,
  trouble: (fields) => `Redis cannot be reached for ${fields.with}`,
  defect: ({ error, at }) => `defect: ${error} at ${at}`,
};

/** Fields that the message contains. */
const IN_MESSAGE: { [E in LogEvent]?: readonly string[] } = {
  access: ['method', 'route', 'status', 'durationMs'],
  started: ['service'],
  accelerator: ['declined', 'provider'],
  stopping: ['service', 'reason'],
  stopped: ['service'],
  cutout: ['durationMs'],
  refused: ['code'],
  engine: ['cause'],
  connection: ['connection', 'state'],
  shard: ['shard', 'state'],
  trouble: ['with'],
  defect: ['error', 'at'],
};

const STYLES = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const;
const LEVEL_WIDTH = 5;

/** Characters that control a terminal or are invisible. Some fields contain client input. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** An entry as text: time of day, level, message, and the fields that the message does not contain. */
export function textLine({ time, level, event, ...fields }: LogEntry, hasColor: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    hasColor ? styleText(style, text, { validateStream: false }) : text;
  const message = MESSAGES[event] as ((given: typeof fields) => string) | undefined;
  const inMessage = IN_MESSAGE[event] ?? [];
  const rest = Object.entries(fields).filter(
    ([name, value]) => !inMessage.includes(name) && value !== undefined,
  );
  const style = STYLES[level as keyof typeof STYLES];
  return [
    paint('gray', clock(time)),
    paint(style, level.toUpperCase().padEnd(LEVEL_WIDTH)),
    shown(message?.(fields) ?? event),
    ...rest.map(([name, value]) => paint('gray', `${name}=${valueText(value)}`)),
  ].join(' ');
}

/** Local time of day, with milliseconds. */
const clock = (time: Date): string =>
  `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`;

const shown = (text: string): string =>
  text.replaceAll(UNPRINTABLE, (one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ''}}`);

const valueText = (value: unknown): string => {
  const text = shown(String(value));
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
};
