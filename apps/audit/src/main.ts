import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ModelRegistry } from '#inference/model-registry.js';
import { nominalSize } from '#inference/model-signature.js';
import { offeredModels } from '#config/engine-plan.js';
import { loadSettings } from '#config/settings.js';
import { AuditRun } from './audit-run.js';
import { HELP, readCommand, UsageError, type Command } from './command-line.js';
import { renderReport } from './report/report-format.js';
import { tableOf } from './report/terminal-table.js';
import { AttachedSystem } from './system/attached-system.js';
import { AuditError, type AuditedSystem } from './system/audited-system.js';
import { pidsOfContainers } from './system/containers.js';
import { describeEnvironment } from './system/environment.js';
import { OwnSystem } from './system/own-system.js';
import { checkRights } from './system/ptrace-rights.js';

const EXIT = { pass: 0, fail: 1, impossible: 2, void: 3 } as const;
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function openSystem({
  url,
  pids,
  containers,
  redisUrls,
  shards,
  mayKill,
}: Command): Promise<AuditedSystem> {
  if (url === undefined) {
    say('Starting a system for the audit …');
    return OwnSystem.start(shards);
  }
  const all = [...pids, ...pidsOfContainers(containers)];
  return new AttachedSystem({ url, pids: all, redisUrls, mayKill });
}

async function audit(command: Command): Promise<number> {
  const system = await openSystem(command);
  const stop = (): void => void system.stop().then(() => process.exit(EXIT.impossible));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    checkRights(system.processes());
    const [name = ''] = offeredModels(loadSettings(process.env));
    const { input } = new ModelRegistry(ROOT, '.cache/models').find(name);
    const model = {
      sidePixels: nominalSize(input).width,
      ...(input.type === 'float32' && input.normalization),
    };
    const onStep = (text: string): void => say(`  … ${text}`);
    const { paths, rounds, idleS } = command;
    const environment = await describeEnvironment(ROOT, system);
    const run = new AuditRun({ system, environment, paths, model, rounds, idleMs: idleS * 1000, onStep });
    const report = await run.perform();
    say(tableOf(report));
    for (const file of command.reports) {
      writeFileSync(file, renderReport(report, file));
      say(`Report: ${file}`);
    }
    return EXIT[report.verdict];
  } finally {
    await system.stop();
  }
}

async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2));
  if (command.help) {
    say(HELP);
    return 0;
  }
  if (process.platform !== 'linux') {
    throw new AuditError('The audit reads process memory through /proc. It runs on Linux only.');
  }
  return audit(command);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const expected = error instanceof UsageError || error instanceof AuditError;
    process.stderr.write(
      `${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
    );
    process.exit(EXIT.impossible);
  },
);
