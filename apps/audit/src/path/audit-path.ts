import type { Canary } from '../canary/canary.js';
import type { CanaryShape } from '../canary/canary-image.js';
import type { AuditedSystem } from '../system/audited-system.js';
import type { ServiceClient } from './service-client.js';

/** What a path is given. */
export interface PathStage {
  /** The canary of the path, where it has a shape. @throws Error where it has none */
  canary: Canary;
  /** Draws one more, of which the encoded forms alone are looked for; `label` tells it from the others. */
  draw: (label: string, shape: CanaryShape) => Promise<Canary>;
  /**
   * Indexes a canary. The function returned looks for it in the API 50 ms after it is called: for paths that send
   * several requests, each of which would overwrite what the one before has left.
   */
  prepareLook: (canary: Canary) => () => Promise<void>;
  client: ServiceClient;
  system: AuditedSystem;
  /** To be called while an engine works on the canary: looks at memory then. */
  lookInside: () => Promise<void>;
}

/** The path cannot be walked on this system. The message says why. */
export class PathSkipped extends Error {
  override readonly name = 'PathSkipped';
}

/** One way in which an image can come to its end. */
export interface AuditPath {
  /** For `--paths`. */
  name: string;
  title: string;
  /** Left out when the path draws all its canaries by itself. */
  shape?: CanaryShape;
  /** Walked only where processes may be killed. */
  kills?: true;
  /** Sends the canary and sees it to its end. Resolves at that end; a text adds to the report. @throws PathSkipped */
  walk: (stage: PathStage) => Promise<string | undefined>;
}
