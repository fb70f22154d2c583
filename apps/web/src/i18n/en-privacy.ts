/** The privacy page. The build writes it into the HTML; no script uses it. */
export const EN_PRIVACY = {
  'p.title': 'Privacy: what happens to your photo at Removebg BD',
  'p.about': 'We keep nothing of your photo. What we record, why, and how you can check it.',
  'p.skip': 'Skip to the text',
  'p.date': 'Last changed on November 30, 2026',
  'p.h1': 'What happens to your photo',
  'p.lead':
    'We keep nothing of it. This page says what that means, who is responsible, and how you can check it.',
  'p.who': 'Who is responsible',
  'p.who.none':
    'The operator of this service has not published a contact. Ask the person or company that gave you its address.',
  'p.who.1': 'The operator of this service:',
  'p.who.name': 'Name',
  'p.who.address': 'Address',
  'p.who.email': 'Email',
  'p.who.privacy': 'Personal data',
  'p.who.security': 'Vulnerabilities',
  'p.who.security.link': 'How to report one',
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
  'p.kept': 'What is kept, where, and for how long',
  'p.kept.what': 'Data',
  'p.kept.where': 'Where',
  'p.kept.long': 'How long',
  'p.kept.most': 'At most',
  'p.kept.memory': 'Memory of our machines',
  'p.kept.log': "The operator's log",
  'p.kept.photo': 'Your photo',
  'p.kept.photo.where': 'Memory of our machines, encrypted. Unencrypted only while the subject is cut out',
  'p.kept.photo.long': 'Until the result is ready.',
  'p.kept.result': 'The result',
  'p.kept.result.where': 'Memory of our machines, encrypted. Only your browser has the key',
  'p.kept.result.long': 'Until it is sent to you.',
  'p.kept.state':
    'Status, times and sizes of a finished job, without your photo, so that a late request gets a correct answer',
  'p.kept.count': 'How many photos came from your network in this minute',
  'p.kept.count.long': 'Until the end of the minute',
  'p.kept.line':
    'One line for each request: IP address, time, browser name, type of request, status, size and duration',
  'p.kept.line.long': 'Decided by the operator, who has not published it',
  'p.kept.bill': 'With an API key, for billing: time, key ID, number of photos, megapixels and bytes',
  'p.kept.bill.long': 'As long as the contract requires',
  'p.kept.tab': 'Photos and results on your screen',
  'p.kept.tab.where': 'Memory of your browser',
  'p.kept.tab.long': 'Until you close the tab',
  'p.kept.none': 'File names, camera data, locations, cookies, trackers and accounts',
  'p.kept.nowhere': 'Nowhere',
  'p.kept.never': 'Never',
  'p.why': 'Why, and on what basis',
  'p.why.1':
    'Your photo is used for one purpose: to give you the result. The line for each request is used to limit abuse and to plan capacity.',
  'p.why.basis': 'Legal basis:',
  'p.why.ask': 'not stated by the operator. Ask the operator.',
  'p.others': 'Who else has access',
  'p.others.1':
    'Nobody gets your photo or the result. This page loads nothing from third parties. The companies that run machines or networks for the operator may see the line for each request.',
  'p.others.processors': 'Processors:',
  'p.others.none': 'not named by the operator. Ask the operator.',
  'p.never': 'What we never do',
  'p.never.1':
    'We never write photos to a disk, look at them, or train AI on them. We never log their names, their content, or the camera data and locations inside them. File names do not leave your device. There are no cookies, no trackers and no accounts, and this page loads nothing from third parties.',
  'p.page.1':
    "The page keeps photos and results in memory only, for as long as its tab is open. Edits are made on your own device. No photo or result is ever stored in cookies, in your browser's storage or in its cache. Your language is part of the address.",
  'p.rights': 'Your rights',
  'p.rights.1':
    'You can ask the operator what is stored about you, have it corrected or deleted, object to its use, and get a copy. You can also complain to the data protection authority where you live. Your local law may give you more rights.',
  'p.rights.2':
    'Photos and results are gone before you can ask for them. To find lines about you, the operator needs your IP address and the time of your visit.',
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
