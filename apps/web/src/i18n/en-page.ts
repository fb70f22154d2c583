import type { Message } from './message.js';

/** Texts of the empty page. The build writes them into the HTML. */
export const EN_PAGE = {
  title: 'Removebg BD: the background goes, and so does our copy',
  about:
    'Drop in a photo, get a full-size transparent PNG. It is processed in memory and deleted the moment it is delivered.',
  skip: 'Skip to the photos',
  'nav.site': 'Site',
  'nav.more': 'More',
  'nav.language': 'Language',
  'nav.photo': 'How it works',
  'nav.api': 'API',
  'promise.first': 'The background goes.',
  'promise.then': 'So does our copy.',
  lead: 'Drop in a photo, get a full-size transparent PNG. It stays in memory and is erased the moment you have it.',
  choose: 'Choose photos',
  'choose.folder': 'Choose a folder',
  camera: 'Take a photo',
  ways: 'or drop photos and folders anywhere, or paste a photo',
  limits: 'JPEG, PNG, WebP, GIF, BMP, AVIF or HEIC, up to 22 MB and 50 megapixels each',
  noscript: 'This page needs JavaScript. The API at /docs does not.',
  'sample.split': 'Sample, a water lily: how much of the original to show',
  'sample.try': 'No photo handy? Try this one',
  'sample.name': 'water-lily.jpg',
  'photos.title': 'Your photos',
  'photos.note':
    "Your results exist only in this tab. Download them before you close it: we can't send them again.",
  drop: 'Drop to remove the background',

  'after.title': 'What happens to your photo',
  'step.arrives': 'It arrives',
  'step.arrives.text':
    'Straight into memory, encrypted piece by piece on arrival. Its file name stays on your device.',
  'step.waits': 'It waits',
  'step.waits.text': 'Encrypted, in a queue that cannot write to disk. No copy, no backup, no cache.',
  'step.worked': "It's processed",
  'step.worked.text':
    'One process opens it, finds the subject, cuts it out, and overwrites the memory it used.',
  'step.purged': "It's deleted",
  'step.purged.text':
    'As soon as you have the result, we delete the photo and the result. If you close this page first, we delete them too.',
  'left.title': 'What we keep',
  'left.photo': 'Your photo',
  'left.result': 'The result',
  'left.name': 'File name',
  'left.camera': 'Camera data, location',
  'left.cookies': 'Cookies, trackers, accounts',
  'left.log': 'Access log',
  'left.nothing': 'nothing',
  'left.never': 'never sent',
  'left.none': 'none',
  'left.log.text': 'IP address, time, browser, status, sizes',
  'foot.text': 'Removebg BD. Nobody looks at your photos, and no AI is trained on them.',
  'foot.privacy': 'Privacy',
  'foot.docs': 'API documentation',
} as const satisfies Record<string, Message>;
