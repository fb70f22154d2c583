import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { ToolError } from '../../../tools/src/report.js';
import { planPorts } from '../../../tools/src/start-checks.js';
import { GATE_NAMES } from '../../../tools/src/test-gates.js';

/** Exit status of a start that the settings do not allow, and of a command line that makes no sense. */
const [WRONG_SETTING, WRONG_USAGE] = [78, 2];

/** Longer than any of these takes; a service that was started by mistake ends. */
const LIMIT_MS = 25_000;

/** An accelerator of another system. */
const MISSING = process.platform === 'win32' ? 'coreml' : 'dml';

interface Outcome {
  code: number;
  output: string;
}

const run = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, PORT: '0', ...env }, timeout: LIMIT_MS };
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
    );
  });

const start = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  run(['tools/bootstrap.mjs', 'start', ...args], env);

let taken: Server;
let port: number;

jest.setTimeout(60_000);
beforeAll(async () => {
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  ({ port } = taken.address() as AddressInfo);
});
afterAll(() => {
  taken.close();
});

describe('npm start', () => {
  it.each([
    [{ REDIS_URL: 'zebra7391' }, [], /^REDIS_URL must be redis:\/\//m],
    [
      { PORT: 'zebra7391', LAYOUT: 'zebra7391' },
      [],
      /^2 settings are wrong:\n {2}PORT must .*\n {2}LAYOUT must /m,
    ],
    [{ MIN_WORKERS: '200' }, [], /^MIN_WORKERS must be at most \d+, the workers of this machine/m],
    [{}, ['--rate-limit', 'zebra7391'], /^RATE_LIMIT must be off, or a whole number/m],
    [
      { MODEL: 'zebra7391' },
      ['--api-secret-file=/zebra7391'],
      /MODEL must be .*isnet-fp16.*\n {2}API_SECRET_FILE must be /,
    ],
    [
      { PROVIDER: MISSING, REQUIRE_ACCELERATOR: 'true' },
      [],
      /^PROVIDER must be an accelerator of this machine/m,
    ],
  ])(
    'given %j %j, when it is run, then it ends with 78 before anything is prepared',
    async (env, args, words) => {
      const { code, output } = await start(args, env);
      expect(output).toMatch(words);
      expect(code).toBe(WRONG_SETTING);
      expect(output).not.toMatch(/zebra7391|models|redis ready/);
    },
  );

  it('given a variable with nearly the name of a setting, when it is run, then the setting is named', async () => {
    const { output } = await start([], { METRIC_PORT: '9464', WORKER: '2', REDIS_URL: 'zebra7391' });
    expect(output).toContain('METRIC_PORT in the environment is not a setting. Did you mean METRICS_PORT?\n');
    expect(output).toContain('WORKER in the environment is not a setting. Did you mean WORKERS?\n');
  });

  it('given ports in use, when it is run, then each is named and nothing is started', async () => {
    const { code, output } = await start([], { PORT: String(port), METRICS_PORT: '0' });
    expect([code, output]).toEqual([
      WRONG_SETTING,
      expect.stringMatching(/^PORT must be a free port: .*\d\.$/m),
    ]);
    const metrics = await start([], { METRICS_PORT: String(port) });
    expect([metrics.code, metrics.output]).toEqual([
      WRONG_SETTING,
      expect.stringMatching(/^METRICS_PORT must be a free port/m),
    ]);
    expect(output + metrics.output).not.toMatch(/\[(api|worker)\]/);
  });

  it.each([
    [['--prot', '4000'], 'Unknown option --prot. Did you mean --port?'],
    [['--port'], '--port needs a value.'],
    [['--port', '--host=::1'], '--port needs a value.'],
    [['--yes=1'], '--yes takes no value.'],
    [['4000'], 'Unexpected argument "4000".'],
  ])('given the arguments %j, when it is run, then they are refused with a hint', async (args, words) => {
    const { code, output } = await start(args);
    expect([code, output]).toEqual([WRONG_USAGE, expect.stringContaining(words)]);
  });

  it('given --help and --version, when it is run, then it answers and starts nothing', async () => {
    const [help, version] = await Promise.all([start(['--help']), start(['-v'])]);
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('--metrics-port') as string });
    expect(version).toMatchObject({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  });
});

describe('the ports of several APIs', () => {
  it('given APIS, when ports are planned, then each API has its own', () => {
    expect(planPorts({ APIS: 2, PORT: 3000, METRICS_PORT: 9464 })).toEqual([
      { PORT: 3000, METRICS_PORT: 9464 },
      { PORT: 3001, METRICS_PORT: 9465 },
    ]);
    const free = planPorts({ APIS: 2, PORT: 0, METRICS_PORT: 0 });
    expect(free).toEqual(Array(2).fill({ PORT: 0, METRICS_PORT: 0 }));
  });

  it.each([
    [{ APIS: 3, PORT: 65_534, METRICS_PORT: undefined }, 'PORT must be at most 65533'],
    [{ APIS: 2, PORT: 3000, METRICS_PORT: 65_535 }, 'METRICS_PORT must be at most 65534'],
    [
      { APIS: 2, PORT: 9463, METRICS_PORT: 9464 },
      'METRICS_PORT must be a port that no API needs: 9463 to 9464',
    ],
  ])('given %j, when ports are planned, then the start is refused', (settings, words) => {
    const plan = (): unknown => planPorts(settings);
    expect(plan).toThrow(words);
    expect(plan).toThrow(ToolError);
  });
});

describe('the commands', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const names = Object.keys(scripts).filter(
    (name) => scripts[name] === `exec node tools/bootstrap.mjs ${name}`,
  );
  /** Answered by a program that has to be compiled first. */
  const SLOW = 'test:faults';

  it('given an unknown command, when it is run, then the commands of the npm scripts are listed', async () => {
    const { code, output } = await run(['tools/bootstrap.mjs', 'zebra7391']);
    expect(code).toBe(WRONG_USAGE);
    const listed = [...output.matchAll(/^ {2}(\S+) {2}/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(names.sort());
  });

  it('given any command, when it is run with --help, then it prints its usage', async () => {
    for (const name of names.filter((each) => each !== SLOW)) {
      const { code, output } = await run(['tools/bootstrap.mjs', name, '--help']);
      expect([name, code, output]).toEqual([name, 0, expect.stringMatching(/npm (start|test|run)|removebg/)]);
    }
  });

  it('given npm test, when its help is read, then it names every gate', async () => {
    const { output } = await run(['tools/bootstrap.mjs', 'test', '--help']);
    expect(output.replaceAll(/\s+/g, ' ')).toContain(`Gates: ${GATE_NAMES.join(', ')}`);
  });
});
