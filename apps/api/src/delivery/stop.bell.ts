import { Injectable } from '@nestjs/common';
import { ApiContext } from '../api.context.js';

/**
 * Tells everybody who waits that this process stops. They are no listeners of the signal itself: an EventTarget looks
 * through all of them at each one that comes or goes, and ten thousand wait here.
 */
@Injectable()
export class StopBell {
  private readonly listeners = new Set<() => void>();

  constructor(private readonly context: ApiContext) {
    context.stopping.addEventListener('abort', () => this.ring(), { once: true });
  }

  /** True once the process stops. */
  get rung(): boolean {
    return this.context.stopping.aborted;
  }

  /** Calls `listener` when the process stops, until the returned function is called. */
  onStop(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private ring(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
