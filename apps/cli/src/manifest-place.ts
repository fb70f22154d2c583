import { resolve } from 'node:path';

/** Where an image is, or goes: a file, or an address. */
export type Place = { kind: 'file'; path: string } | { kind: 'address'; url: URL };

/** How places are read. */
export interface PlaceRules {
  /** Folder that relative paths start from. */
  folder: string;
  /** True if `http` addresses of other machines are allowed. */
  allowHttp: boolean;
}

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

const STORAGE_SCHEMES: ReadonlySet<string> = new Set(['s3', 'gs', 'gcs', 'az', 'abfs', 'abfss', 'r2', 'oss']);

/** True for a host on this machine. */
const isLocalHost = ({ hostname }: URL): boolean => LOCAL_HOSTS.has(hostname);

/** Reads a place. Returns what is wrong as a text: "must …". */
export function placeOf(text: string, rules: PlaceRules): Place | string {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'https' || scheme === 'http') return addressOf(text, rules);
  if (scheme === 'file') return 'must be a path, without file://';
  if (scheme !== undefined && STORAGE_SCHEMES.has(scheme))
    return `must be a presigned https address, not ${scheme}://`;
  if (scheme !== undefined) return `must be a path or an https address, not ${scheme}://`;
  if (/^data:/i.test(text)) return 'must be a path or an https address, not a data: URL';
  if (text.includes('\0')) return 'must be a path without zero bytes';
  return { kind: 'file', path: resolve(rules.folder, text) };
}

function addressOf(text: string, { allowHttp }: PlaceRules): Place | string {
  if (!URL.canParse(text)) return 'must be a valid address';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    return 'must not contain a user name or password: use input_headers or output_headers';
  if (url.protocol === 'http:' && !allowHttp && !isLocalHost(url))
    return 'must be an https address; --allow-http permits http';
  url.hash = '';
  return { kind: 'address', url };
}

/** Parameters of signatures: AWS and its likes, Google Cloud Storage. */
const SIGNED = /^x-(?:amz|goog)-/;
/** Further parameters of signatures, by the one that proves it: older AWS and Google, CloudFront; Azure. */
const SIGNED_WITH: Readonly<Record<string, ReadonlySet<string>>> = {
  signature: new Set(['signature', 'expires', 'policy', 'key-pair-id', 'awsaccesskeyid', 'googleaccessid']),
  sig: new Set('sig sv ss srt se st sp spr sr sip skoid sktid skt ske sks skv'.split(' ')),
};

/** Identifies a place: an address without its signature, which changes whenever the address is signed again. */
export function identityOf(place: Place): string {
  if (place.kind === 'file') return place.path;
  const { origin, pathname, searchParams } = place.url;
  const names = new Set([...searchParams.keys()].map((name) => name.toLowerCase()));
  const signing = Object.entries(SIGNED_WITH).flatMap(([proof, others]) =>
    names.has(proof) ? [...others] : [],
  );
  const isSigning = (name: string): boolean => SIGNED.test(name) || signing.includes(name);
  const rest = [...searchParams].filter(([name]) => !isSigning(name.toLowerCase()));
  return rest.length === 0
    ? origin + pathname
    : `${origin}${pathname}?${new URLSearchParams(rest).toString()}`;
}

/** When a signed address expires, milliseconds since the epoch; undefined if it does not say. */
export function expiryOf({ searchParams }: URL): number | undefined {
  const of = (name: string): string | undefined =>
    [...searchParams].find(([each]) => each.toLowerCase() === name)?.[1];
  for (const vendor of ['x-amz', 'x-goog']) {
    const start = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(of(`${vendor}-date`) ?? '');
    const seconds = Number(of(`${vendor}-expires`));
    if (start !== null && seconds > 0) {
      const [, year, month, day, hour, minute, second] = start.map(Number);
      return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) + 1000 * seconds;
    }
  }
  // Azure.
  const end = of('sig') === undefined ? NaN : Date.parse(of('se') ?? '');
  if (!Number.isNaN(end)) return end;
  const epoch = of('signature') === undefined ? '' : (of('expires') ?? '');
  return /^\d{9,11}$/.test(epoch) ? 1000 * Number(epoch) : undefined;
}
