import type { Canary } from '../canary/canary.js';
import type { CanaryShape } from '../canary/canary.image.js';
import type { AuditedSystem } from '../system/audited.system.js';
import type { ServiceClient } from './service.client.js';

/** What a path is given. */
export interface PathStage {
  canary: Canary;
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
  shape: CanaryShape;
  /** Walked only where processes may be killed. */
  kills?: true;
  /** Sends the canary and sees it to its end. Resolves at that end; a text adds to the report. @throws PathSkipped */
  walk: (stage: PathStage) => Promise<string | undefined>;
}
