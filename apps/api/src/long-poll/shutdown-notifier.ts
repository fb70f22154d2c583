import { Inject, Injectable } from '@nestjs/common';
import { STOPPING } from '../core/providers.js';

/**
 * Notifies all waiting requests when this process shuts down. They do not listen on the signal itself: an EventTarget
 * searches all its listeners at each addition and removal, and ten thousand requests wait here.
 */
@Injectable()
export class ShutdownNotifier {
  private readonly listeners = new Set<() => void>();

  constructor(@Inject(STOPPING) private readonly stopping: AbortSignal) {
    stopping.addEventListener('abort', () => this.notify(), { once: true });
  }

  /** True once the process shuts down. */
  get isShuttingDown(): boolean {
    return this.stopping.aborted;
  }

  /** Calls `listener` at shutdown, until the returned function is called. */
  onShutdown(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
