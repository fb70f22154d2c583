/** A photo to be converted. */
export interface HeicRequest {
  photo: Blob;
  /** Limit on width × height. */
  maxPixels: number;
  /** Limit on the size of the JPEG, bytes. */
  maxBytes: number;
}

/** The same photo as JPEG, or why there is none. */
export type HeicAnswer =
  { jpeg: Blob } | { fault: 'too-large'; width: number; height: number } | { fault: 'unreadable' };
