import { SettingsError } from './settings.js';

/** Names of the settings for port and host. */
export type ListenSettings = { PORT: number; HOST: string } | { METRICS_PORT: number; METRICS_HOST: string };

/**
 * The error for an address on which listening failed.
 * @param code of the error, such as `EADDRINUSE`; the result is undefined for one that the address does not cause
 */
export function addressFault(settings: ListenSettings, code: string | undefined): SettingsError | undefined {
  const [portName, hostName] = Object.keys(settings) as [string, string];
  const [port] = Object.values(settings) as [number];
  switch (code) {
    case 'EADDRINUSE':
      return new SettingsError(`${portName} must be a free port: another program uses ${port}.`);
    case 'EACCES':
      return new SettingsError(`${portName} must be a port that this user may listen on: ${port} is not.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new SettingsError(`${hostName} must be an address of this machine.`);
    default:
      return undefined;
  }
}
