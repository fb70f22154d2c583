import type { Settings } from './settings.schema.js';

/** A Redis that holds sealed images and nothing else. */
export interface PayloadServer {
  /** Stands in records and in what operators see; never changes while jobs may be on it. */
  name: string;
  url: string;
  /** It takes no new jobs; those on it are finished. */
  draining: boolean;
}

/** The payload servers of the settings; none when the control Redis holds payload too. */
export const payloadServers = ({ PAYLOAD_REDIS_URLS, PAYLOAD_DRAIN }: Settings): PayloadServer[] =>
  (PAYLOAD_REDIS_URLS ?? []).map(({ name, url }) => ({
    name,
    url,
    draining: PAYLOAD_DRAIN?.includes(name) ?? false,
  }));
