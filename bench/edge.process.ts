import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../test/support/engine.hold.js';

/** Where packages put it although PATH may not name the folder. */
const NGINX = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'];

/** An nginx in front of several APIs: it streams both ways, and asks the next one when one is gone. */
export class EdgeProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Starts one; undefined where nginx is not installed. */
  static async start(
    folder: string,
    port: number,
    apis: readonly string[],
  ): Promise<EdgeProcess | undefined> {
    const program = NGINX.find((path) => existsSync(path));
    if (program === undefined) return undefined;
    const own = join(folder, 'edge');
    mkdirSync(own);
    const file = join(own, 'nginx.conf');
    writeFileSync(file, configuration(own, port, apis));
    const child = spawn(program, ['-c', file, '-p', own], { stdio: 'inherit' });
    const edge = new EdgeProcess(child, `http://127.0.0.1:${port}`);
    for (let i = 0; i < 200; i++) {
      const answer = await fetch(`${edge.url}/healthz`).catch(() => undefined);
      if (answer?.status === 200) return edge;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('nginx did not start');
  }

  /** Its process. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Its worker processes. */
  workers(): number[] {
    return childrenOf(this.pid);
  }

  /** Ends it. */
  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}

function configuration(folder: string, port: number, apis: readonly string[]): string {
  const servers = apis.map((url) => `server ${new URL(url).host} max_fails=1 fail_timeout=2s;`);
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  upstream apis { ${servers.join(' ')} }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 32m;
    location / {
      proxy_pass http://apis;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_max_temp_file_size 0;
      proxy_connect_timeout 2s;
      proxy_read_timeout 120s;
    }
  }
}
`;
}
