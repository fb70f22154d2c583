import type { Settings } from './settings.schema.js';

/** A Redis for encrypted payload only. */
export interface PayloadServer {
  /** Name in job records and for operators; must not change while jobs are on the server. */
  name: string;
  url: string;
  /** It accepts no new jobs and finishes the others. */
  draining: boolean;
}

/** The payload servers of the settings; none when the control Redis has the payload too. */
export const payloadServers = ({ PAYLOAD_REDIS_URLS, PAYLOAD_DRAIN }: Settings): PayloadServer[] =>
  (PAYLOAD_REDIS_URLS ?? []).map(({ name, url }) => ({
    name,
    url,
    draining: PAYLOAD_DRAIN?.includes(name) ?? false,
  }));
