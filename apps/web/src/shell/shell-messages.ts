/** Sent by a page to the service worker, with a port for the answer: the shared photos, as `File[]`. */
export const TAKE_SHARED = 'take-shared';

/** Parameter in the address of a page that was opened by sharing photos. Its value names the share. */
export const SHARED_PARAMETER = 'shared';

/** Field of the form in which a system hands over shared photos, as in the manifest. */
export const SHARED_FIELD = 'photos';
