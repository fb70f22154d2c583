/** The privacy page. Written into HTML by the build; no script needs it. */
export const EN_PRIVACY = {
  'p.title': 'Privacy: what happens to your photo at Removebg BD',
  'p.about': 'What is kept of your photo: nothing. What is recorded, why, and how to check it.',
  'p.skip': 'Skip to the text',
  'p.photos': 'Your photos',
  'p.h1': 'What happens to your photo',
  'p.lead': 'We keep nothing of it. Here is what that means, in plain words, and how you can check it.',
  'p.have': 'While we have it',
  'p.have.1':
    'Your photo travels into the memory of our machines and nowhere else. As it arrives it is encrypted in small pieces, and each piece in the clear is overwritten. It waits in a queue as ciphertext. One program opens it, finds the subject, cuts it out, and overwrites the memory it used.',
  'p.have.2':
    'The finished picture is encrypted again, with a key that only your browser has. Until you fetch it, nobody can open it, and that includes us.',
  'p.gone': 'When it is gone',
  'p.gone.1': 'The moment the finished picture has been sent to you.',
  'p.gone.2': 'At once, when you cancel or something fails.',
  'p.gone.3': 'By itself after a few minutes, when you never fetch it.',
  'p.gone.4':
    'Deleting is final: there is no copy, no backup and no recycle bin. We cannot send you the picture again.',
  'p.page': 'In your browser',
  'p.page.1':
    'This page holds photos and results in memory alone, for as long as its tab is open; what you change in the editor is done there, by your own machine. It puts nothing into cookies, into the storage of your browser or into its cache. Your language stands in the address of the page.',
  'p.never': 'What we never do',
  'p.never.1':
    'We do not write photos to a disk, look at them, train anything on them, or log their names, their content or the camera data and places inside them. The file name does not leave your device. There are no cookies, no trackers, no accounts, and this page loads nothing from anybody else.',
  'p.record': 'What we record',
  'p.record.1':
    "One line for each request: your network address, the time, your browser's name, which kind of request it was, whether it worked, how many bytes and how long. It serves to limit abuse and to know how many machines we need. After a job has ended, its state, its times and its sizes stay for a few minutes, so that a late question gets an honest answer.",
  'p.check': 'How you can check it',
  'p.check.1':
    'The programs that handle photos run under limits that make it impossible for them to write a file, and they refuse to start where that does not hold.',
  'p.check.link': 'What they found when they last started is published.',
  'p.check.2':
    'The source is open, and with it comes the audit that searches memory, queue, logs and folders for what may have been left behind. With each photo you get a signed receipt of its deletion.',
  'p.cannot': 'What we cannot promise',
  'p.cannot.1':
    'Your internet provider, your browser and your own device are outside our reach. If your connection breaks at the very end, we may have sent a picture that never reached you; it is gone all the same.',
} as const satisfies Record<string, string>;
