import { SettingsError } from './settings.js';

/** Where a process was to listen: the settings of port and host, by their names. */
export type ListenSettings = { PORT: number; HOST: string } | { METRICS_PORT: number; METRICS_HOST: string };

/**
 * What is wrong with an address on which listening failed.
 * @param code of the error, such as `EADDRINUSE`; undefined is returned for one that the address is not to blame for
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
