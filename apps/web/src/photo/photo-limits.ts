/** Maximum file size in bytes. The service may have another limit and then decides. */
export const MAX_FILE_BYTES = 22 * 1024 * 1024;

/** Maximum number of pixels of a photo. */
export const MAX_PIXELS = 50_000_000;

/** Photos processed at the same time. Browsers allow six connections per host, and each photo needs one for its events. */
export const MAX_PARALLEL = 4;
