import type { Broker } from '#broker/broker.js';
import type { Settings } from '#config/settings.schema.js';
import type { Log } from '#telemetry/log.js';
import type { WorkerTelemetry } from './jobs/worker-telemetry.js';
import type { EngineFacts, EngineSupervisor } from './engine/engine-supervisor.js';

/** What `main` opens before Nest starts and hands in: nothing below reads the environment or a file. */
export abstract class WorkerContext {
  abstract readonly settings: Settings;
  abstract readonly broker: Broker;
  abstract readonly log: Log;
  /** What operators are told in numbers and spans. */
  abstract readonly telemetry: WorkerTelemetry;
  abstract readonly engine: EngineSupervisor;
  /** Settles once the engine's model is warm, or cannot be had. */
  abstract readonly engineReady: Promise<EngineFacts>;
  /** Key-encryption key, 32 bytes. */
  abstract readonly kek: Buffer;
}
