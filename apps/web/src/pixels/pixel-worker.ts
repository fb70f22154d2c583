/** All work on pixels, away from the page's thread. One of these serves the cards, another each open editor. */
import { TooLargeForCanvas } from './canvas-surface.js';
import { EditSession } from './edit-session.js';
import type { PixelAnswer, PixelNote, PixelRequest, PixelWork, WorkName } from './pixel-messages.js';
import { renderPreview, measure, print } from './render-preview.js';

/** The part of a worker's own scope that is used here; the compiler knows the page's alone. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<PixelRequest | PixelNote>) => void) | null;
  postMessage: (answer: PixelAnswer) => void;
}

const scope = globalThis as unknown as WorkerScope;
let session: EditSession | undefined;

async function answerTo(request: PixelRequest): Promise<PixelWork[WorkName]['back']> {
  switch (request.name) {
    case 'measure':
      return measure(request.data.photo);
    case 'renderPreview':
      return renderPreview(request.data, request.data.edit);
    case 'print':
      return print(request.data, request.data.edit);
    case 'open':
      session = await EditSession.open(request.data);
      return session.size;
    case 'apply':
      if (session === undefined) throw new TypeError('no picture is open');
      return session.apply(request.data.strokes, request.data.look);
  }
}

async function work(request: PixelRequest): Promise<void> {
  const { id } = request;
  try {
    scope.postMessage({ id, back: await answerTo(request) });
  } catch (error) {
    const isTooLarge = error instanceof TooLargeForCanvas || error instanceof RangeError;
    scope.postMessage({ id, fault: isTooLarge ? 'too-large' : 'unreadable' });
  }
}

scope.onmessage = ({ data }) => {
  if ('name' in data) void work(data);
  else if (data.note === 'view') session?.show(data.view);
  else session?.extend(data.id, data.piece);
};
