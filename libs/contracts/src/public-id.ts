/** What a region may be called: it stands before ids and in addresses, so it is short and plain. */
export const REGION_NAME = /^[a-z0-9-]{1,16}$/;

/** Pattern of an id as clients know it: 22 characters, base64url, after the region's name where there are regions. */
export const PUBLIC_ID = /^(?:[a-z0-9-]{1,16}\.)?[A-Za-z0-9_-]{22}$/;

/** An id as clients know it. It names the region, so that any instance anywhere can tell where to ask. */
export const publicId = (id: string, region: string | undefined): string =>
  region === undefined ? id : `${region}.${id}`;

/** The parts of an id as clients know it. */
export function readPublicId(text: string): { region: string | undefined; id: string } {
  const dot = text.indexOf('.');
  return dot === -1
    ? { region: undefined, id: text }
    : { region: text.slice(0, dot), id: text.slice(dot + 1) };
}
