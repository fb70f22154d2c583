import type { Mechanism } from '#contracts/retention-mechanisms.js';

/** A mechanism in words, for people who do not read code. */
export interface MechanismText {
  title: string;
  text: string;
}

/** Each mechanism of the retention promise. Every check names the mechanism that it belongs to. */
export const MECHANISM_TEXTS: Readonly<Record<Mechanism, MechanismText>> = {
  'no-files': {
    title: 'Processes that cannot write a file',
    text:
      'The operating system limits every file of these processes to 0 bytes. Crash dumps and swap are off as well. ' +
      'So an image cannot reach a disk, not even through a bug. A process without these limits does not start, ' +
      'unless the operator explicitly allows it; this page then lists what is missing.',
  },
  encryption: {
    title: 'Encrypted pieces in memory',
    text:
      'An image is encrypted piece by piece as it arrives (AES-256-GCM), and each unencrypted piece is overwritten. ' +
      'It waits encrypted. One process opens it, cuts out the subject and overwrites the memory it used. The result ' +
      'is encrypted with a key that only the client has: until it is fetched, nobody else can open it, not even the operator.',
  },
  'volatile-redis': {
    title: 'A Redis that persists nothing',
    text:
      'The queue is a Redis server that exists in memory only. Snapshots, append-only files and replicas are off, ' +
      'and no user of the service has the permission to turn them on. When the server stops, everything in it is gone.',
  },
  deletion: {
    title: 'Deletion in the instant of delivery',
    text:
      'When the last byte of a result has been sent, the keys and the encrypted image are deleted. The same happens ' +
      'when a job fails, is canceled or expires. Freed memory is overwritten, and buffers cannot outlive their use.',
  },
  'closed-memory': {
    title: 'Memory that cannot be inspected',
    text:
      'Debuggers, debug commands and loadable modules are off. No program can gain privileges. Each process has a ' +
      'Redis user of its own, with the permissions that its work needs and no others.',
  },
  logs: {
    title: 'Logs without images',
    text:
      'Of each request, one access line is logged. Its fields are listed below; content, file names and metadata of ' +
      'images are never among them. Redis logs no commands and no values, not even when it crashes.',
  },
  receipts: {
    title: 'Signed receipts',
    text:
      'For each image the service signs a receipt (Ed25519) that states when all of its data was deleted. Anyone can ' +
      'verify it with the published keys, years later too if the operator keeps them published.',
  },
};
