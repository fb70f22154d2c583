import type { Canary } from '../canary/canary.js';
import type { CanaryShape } from '../canary/canary-image.js';
import type { AuditedSystem } from '../system/audited-system.js';
import type { ServiceClient } from './service-client.js';

/** Parameters of a path. */
export interface PathStage {
  /** The canary of the path, where it has a shape. @throws Error where it has none */
  canary: Canary;
  /** Draws another canary, of which only the encoded forms are searched for. `label` identifies it in the report. */
  draw: (label: string, shape: CanaryShape) => Promise<Canary>;
  /**
   * Indexes a canary. The returned function searches the API for it 50 ms after its call. For paths that send several
   * requests: each would overwrite what the one before has left.
   */
  prepareLook: (canary: Canary) => () => Promise<void>;
  client: ServiceClient;
  system: AuditedSystem;
  /** Searches memory. Call it while an engine works on the canary. */
  lookInside: () => Promise<void>;
}

/** The path cannot be walked on this system; the message gives the reason. */
export class PathSkipped extends Error {
  override readonly name = 'PathSkipped';
}

/** One way in which the life of an image can end. */
export interface AuditPath {
  /** Name for `--paths`. */
  name: string;
  title: string;
  /** Omitted when the path draws all its canaries. */
  shape?: CanaryShape;
  /** The path kills processes and needs permission. */
  kills?: true;
  /** Sends the canary and resolves when the path has ended. A text becomes a note in the report. @throws PathSkipped */
  walk: (stage: PathStage) => Promise<string | undefined>;
}
