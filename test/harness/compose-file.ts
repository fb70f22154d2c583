import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A service of the Compose file, as far as rules look at it. */
export interface ComposeService {
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  privileged?: boolean;
  security_opt?: string[];
  ulimits?: Record<string, number>;
  pids_limit?: number;
  mem_limit?: string;
  memswap_limit?: string;
  network_mode?: string;
  networks?: Record<string, { ipv4_address: string }>;
  ports?: string[];
  volumes?: string[];
  profiles?: string[];
  logging?: { driver: string; options: Record<string, string> };
  stop_grace_period?: string;
  restart?: string;
  healthcheck?: { test: string[] };
  environment?: Record<string, string>;
  secrets?: string[];
  command?: string[];
  build?: { target: string };
  depends_on?: Record<string, { condition: string }>;
}

/** The Compose file. */
export interface ComposeFile {
  name: string;
  services: Record<string, ComposeService>;
  networks: Record<string, { ipam: { config: { subnet: string }[] } }>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, { driver: string; driver_opts: { type: string; o: string } }>;
}

/** docker-compose.yml with its anchors merged, as an engine reads it. Values that come from outside stay as written. */
export const readCompose = (): ComposeFile =>
  parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as ComposeFile;
