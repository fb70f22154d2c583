import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Closes connections that were idle for the keep-alive time, but not those on which a request waits to be read: timers
 * of a process that stood still fire before its sockets are read, and Node would cut clients for that.
 */
export function closeIdleConnections(server: Server): void {
  server.on('timeout', (socket: Socket) => {
    const { bytesRead } = socket;
    setImmediate(() => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    });
  });
}
