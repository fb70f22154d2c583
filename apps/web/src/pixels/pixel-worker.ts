/** The pixel worker. One instance serves the cards, and one each open editor. */
import { crc32OfBlob } from '#zip/crc32.js';
import { TooLargeForCanvas } from './canvas-surface.js';
import { EditSession } from './edit-session.js';
import type { PixelAnswer, PixelNotification, PixelRequest, PixelWork, WorkName } from './pixel-messages.js';
import { measure, render, renderPreview } from './render-preview.js';

/** The members of the worker's scope that are used here; the compiler only has the types of a page. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<PixelRequest | PixelNotification>) => void) | null;
  postMessage: (answer: PixelAnswer) => void;
}

const scope = globalThis as unknown as WorkerScope;
let session: EditSession | undefined;

async function answerTo(request: PixelRequest): Promise<PixelWork[WorkName]['back']> {
  switch (request.name) {
    case 'measure':
      return measure(request.data.photo);
    case 'renderPreview':
      return renderPreview(request.data);
    case 'render':
      return render(request.data, request.data.edit);
    case 'checksum':
      return { crc: await crc32OfBlob(request.data.image) };
    case 'open':
      session = await EditSession.open(request.data);
      return { ...session.size, kept: session.kept };
    case 'apply':
      if (session === undefined) throw new TypeError('no picture is open');
      return session.apply(request.data.strokes, request.data.look);
  }
}

async function handle(request: PixelRequest): Promise<void> {
  const { id } = request;
  try {
    scope.postMessage({ id, back: await answerTo(request) });
  } catch (error) {
    const isTooLarge = error instanceof TooLargeForCanvas || error instanceof RangeError;
    scope.postMessage({ id, fault: isTooLarge ? 'too-large' : 'unreadable' });
  }
}

scope.onmessage = ({ data }) => {
  if ('name' in data) void handle(data);
  else if (data.note === 'view') session?.show(data.view);
  else session?.extend(data.id, data.segment);
};
