import { Injectable } from '@nestjs/common';
import { WorkerContext } from '../worker-context.js';

/** Jobs of this process that can be told to stop. A job given up anywhere is announced to all workers. */
@Injectable()
export class Cancellations {
  private readonly running = new Map<string, AbortController>();

  constructor(private readonly context: WorkerContext) {}

  /** Begins to listen. */
  async listen(): Promise<void> {
    await this.context.broker.watcher.onCancel((id) => this.running.get(id)?.abort());
  }

  /** Runs `work` with a signal that is aborted when job `id` is given up. */
  async during<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      return await work(controller.signal);
    } finally {
      if (this.running.get(id) === controller) this.running.delete(id);
    }
  }
}
