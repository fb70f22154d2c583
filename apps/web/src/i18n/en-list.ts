import type { Message } from './message.js';

/** Texts of the list of photos. */
export const EN_LIST = {
  summary: '{done} of {count} done',
  'summary.failed': '{done} of {count} done, {failed} failed',
  'summary.left': 'about {time} left',
  'summary.label': 'Progress of all photos',
  'save.all': 'Download all',
  'save.packing': 'Packing {done} of {count}',
  'save.part.failed': {
    one: '{count} photo could not be saved and was skipped.',
    other: '{count} photos could not be saved and were skipped.',
  },
  'cancel.all': 'Cancel all',
  'remove.all': 'Remove all',
  'view.label': 'View',
  'view.cards': 'Cards',
  'view.list': 'List',
  'cards.label': 'Your photos, in the order you added them',
  'net.offline': "You're offline. We'll carry on when you're back.",
  'net.lost': "The service isn't responding. Trying again.",
  'net.back': 'Reconnected.',
  'folder.skipped': {
    one: "{count} file wasn't a photo and was skipped.",
    other: "{count} files weren't photos and were skipped.",
  },
  'folder.empty': 'There are no photos in this folder.',
} as const satisfies Record<string, Message>;
