/** Largest colour profile that is looked at, in bytes; printers' profiles have up to 2.5 MB. An image with a larger one is taken as sRGB. */
export const MAX_PROFILE_BYTES = 4 * 1_048_576;
