/** Largest file the page sends, bytes. An operator may allow less or more: then the service decides. */
export const MAX_FILE_BYTES = 22 * 1024 * 1024;

/** Most pixels of a photo. */
export const MAX_PIXELS = 50_000_000;

/** Photos in work at the same time. Browsers hold six connections to a host: an event stream each, and room. */
export const MAX_PARALLEL = 4;
