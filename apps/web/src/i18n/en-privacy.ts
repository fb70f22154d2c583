/** The privacy page. The build writes it into the HTML; no script uses it. */
export const EN_PRIVACY = {
  'p.title': 'Privacy: what happens to your photo at Removebg BD',
  'p.about': 'We keep nothing of your photo. What we record, why, and how you can check it.',
  'p.skip': 'Skip to the text',
  'p.photos': 'Your photos',
  'p.h1': 'What happens to your photo',
  'p.lead': 'We keep nothing of it. This page says in plain words what that means and how you can check it.',
  'p.have': 'While we have it',
  'p.have.1':
    'Your photo goes into the memory of our machines and nowhere else. It is encrypted in small pieces as it arrives, and each unencrypted piece is overwritten. It waits in a queue in encrypted form. One program opens it, finds the subject, cuts it out, and overwrites the memory it used.',
  'p.have.2':
    'We encrypt the finished picture again, with a key that only your browser has. Until you fetch it, nobody can open it, not even us.',
  'p.gone': 'When we delete it',
  'p.gone.1': 'As soon as we have sent you the finished picture.',
  'p.gone.2': 'Immediately, if you cancel or something fails.',
  'p.gone.3': 'Automatically after a few minutes, if you never fetch it.',
  'p.gone.4':
    'Deletion is final: there is no copy, no backup and no recycle bin. We cannot send you the picture again.',
  'p.page': 'In your browser',
  'p.page.1':
    "This page keeps photos and results in memory only, for as long as its tab is open. Edits are made on your own device. The page stores nothing in cookies, in your browser's storage or in its cache. Your language is part of the address.",
  'p.never': 'What we never do',
  'p.never.1':
    'We never write photos to a disk, look at them, or train AI on them. We never log their names, their content, or the camera data and locations inside them. File names do not leave your device. There are no cookies, no trackers and no accounts, and this page loads nothing from third parties.',
  'p.record': 'What we record',
  'p.record.1':
    "One line for each request: your IP address, the time, your browser's name, the type of request, whether it worked, its size and its duration. We use it to limit abuse and to plan capacity. After a job ends, we keep its status, times and sizes for a few minutes, so that a late request gets a correct answer.",
  'p.check': 'How you can check it',
  'p.check.1':
    'The programs that handle photos run under limits that prevent them from writing files. Without those limits, they refuse to start.',
  'p.check.link': 'The results of their latest check are public.',
  'p.check.2':
    'The source code is open. It includes an audit that searches memory, queue, logs and folders for traces of photos. For each photo you get a signed receipt of its deletion.',
  'p.cannot': 'What we cannot promise',
  'p.cannot.1':
    'We do not control your internet provider, your browser or your device. If your connection fails at the very end, we may have sent a picture that never reached you; we delete it all the same.',
} as const satisfies Record<string, string>;
