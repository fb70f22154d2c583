import { createInterface } from 'node:readline';

/**
 * Settings of the applications' log: they write to pipes, so whether a person reads at a terminal is decided here.
 * @param {Pick<import('#config/settings.schema.js').Settings, 'LOG_FORMAT'>} settings
 * @returns {NodeJS.ProcessEnv}
 */
export function logSettings({ LOG_FORMAT }) {
  if (!process.stdout.isTTY) return { LOG_FORMAT };
  const { NO_COLOR = '', FORCE_COLOR = NO_COLOR === '' ? '1' : undefined } = process.env;
  return {
    LOG_FORMAT: LOG_FORMAT === 'auto' ? 'text' : LOG_FORMAT,
    ...(FORCE_COLOR !== undefined && { FORCE_COLOR }),
  };
}

/** How many lines of a quiet child are held. */
const HELD_LINES = 20;

/**
 * Passes a child's output on line by line. Children write to pipes only: with the limit on file sizes a stdout
 * that is a file would end them.
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} [name] put before each line
 */
export function passOutputOn({ stdout, stderr }, name) {
  const prefix = name === undefined ? '' : `[${name}] `;
  for (const [from, to] of /** @type {const} */ ([
    [stdout, process.stdout],
    [stderr, process.stderr],
  ])) {
    if (from === null) continue;
    createInterface({ input: from }).on('line', (line) => to.write(`${prefix}${line}\n`));
  }
}

/**
 * Holds a child's last lines back, for a program that talks at each start and matters only when it fails.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {string[]} the lines, filled as they come
 */
export function holdOutput({ stdout, stderr }) {
  /** @type {string[]} */
  const held = [];
  for (const from of [stdout, stderr]) {
    if (from === null) continue;
    createInterface({ input: from }).on('line', (line) => {
      held.push(line);
      if (held.length > HELD_LINES) held.shift();
    });
  }
  return held;
}
