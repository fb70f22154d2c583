/** Pattern of a region name, which is part of ids and URLs. */
export const REGION_NAME = /^[a-z0-9-]{1,16}$/;

/** Pattern of a public id: 22 characters, base64url; with regions, prefixed with the region and a dot. */
export const PUBLIC_ID = /^(?:[a-z0-9-]{1,16}\.)?[A-Za-z0-9_-]{22}$/;

/** A public id. It contains the region, so that instances of other regions can refer to it. */
export const publicId = (id: string, region: string | undefined): string =>
  region === undefined ? id : `${region}.${id}`;

/** The parts of a public id. */
export function readPublicId(text: string): { region: string | undefined; id: string } {
  const dot = text.indexOf('.');
  return dot === -1
    ? { region: undefined, id: text }
    : { region: text.slice(0, dot), id: text.slice(dot + 1) };
}
