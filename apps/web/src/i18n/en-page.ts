import type { Message } from './message.js';

/** What stands on the page before any photo does. The build writes it into the HTML. */
export const EN_PAGE = {
  title: 'Removebg BD: the background goes, and so does our copy',
  about:
    'Drop a photo, get a transparent PNG in full size. Worked on in memory, purged from the servers the moment it is delivered.',
  skip: 'Skip to the photos',
  'nav.site': 'Site',
  'nav.more': 'More',
  'nav.language': 'Language',
  'nav.photo': 'Your photo',
  'nav.api': 'API',
  'promise.first': 'The background goes.',
  'promise.then': 'So does our copy.',
  lead: 'Drop in photos, take out transparent PNGs in full size. We work in memory and erase everything the moment you have the result.',
  choose: 'Choose photos',
  'choose.folder': 'Choose a folder',
  camera: 'Take a photo',
  ways: 'or drop photos and folders anywhere, or paste',
  limits: 'JPEG, PNG, WebP, GIF, BMP, AVIF or HEIC, up to 22 MB and 50 megapixels each',
  noscript: 'This page needs JavaScript. The API at /docs does not.',
  'sample.split': 'Sample, a water lily: how much of the original is shown',
  'sample.try': 'No photo at hand? Try this one',
  'sample.name': 'water-lily.jpg',
  'photos.title': 'Your photos',
  'photos.note':
    'Results exist in this tab only. Save them before you close it: we have nothing to send again.',
  drop: 'Let go to cut out',

  'after.title': 'What happens to your photo',
  'step.arrives': 'It arrives',
  'step.arrives.text':
    'Straight into memory, encrypted piece by piece as it comes in. Its name stays on your device.',
  'step.waits': 'It waits',
  'step.waits.text': 'Encrypted, in a queue that cannot write to disk. No copy, no backup, no cache.',
  'step.worked': 'It is worked on',
  'step.worked.text':
    'One process opens it, finds the subject, cuts it out, and overwrites the memory it used.',
  'step.purged': 'It is purged',
  'step.purged.text':
    'Once the result has been sent to you, photo and result are deleted. If you close this page first, they go too.',
  'left.title': 'What is left with us',
  'left.photo': 'Your photo',
  'left.result': 'The result',
  'left.name': 'File name',
  'left.camera': 'Camera data, location',
  'left.cookies': 'Cookies, trackers, accounts',
  'left.log': 'Access log',
  'left.nothing': 'nothing',
  'left.never': 'never sent',
  'left.none': 'none',
  'left.log.text': 'address, time, browser, status, sizes',
  'foot.text': 'Removebg BD. Nobody looks at your photos, nothing is trained on them.',
  'foot.privacy': 'Privacy',
  'foot.docs': 'API documentation',
} as const satisfies Record<string, Message>;
