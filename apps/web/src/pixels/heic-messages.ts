/** A photo to convert. */
export interface HeicRequest {
  photo: Blob;
  /** Limit on width × height. */
  maxPixels: number;
  /** Limit on the size of the JPEG, bytes. */
  maxBytes: number;
}

/** The photo as JPEG, or why the conversion failed. */
export type HeicAnswer =
  { jpeg: Blob } | { fault: 'too-large'; width: number; height: number } | { fault: 'unreadable' };
