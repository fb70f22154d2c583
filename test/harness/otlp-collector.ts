import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One span as a collector gets it (opentelemetry-proto, trace.proto, in JSON). */
export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: number;
  startMs: number;
  endMs: number;
  attributes: Record<string, string | number>;
  failed: boolean;
}

interface Value {
  stringValue?: string;
  intValue?: string;
  doubleValue?: number;
}
interface Pair {
  key: string;
  value: Value;
}
interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Pair[];
  status?: { code: number };
}
interface WireRequest {
  resourceSpans: { resource: { attributes: Pair[] }; scopeSpans: { spans: WireSpan[] }[] }[];
}

const valueOf = ({ stringValue, intValue, doubleValue }: Value): string | number =>
  stringValue ?? doubleValue ?? Number(intValue);

const attributesOf = (pairs: Pair[]): Record<string, string | number> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]));

/** An OTLP/HTTP collector that keeps what it gets. */
export class OtlpCollector {
  /** All bodies as they came. */
  text = '';
  readonly spans: ReceivedSpan[] = [];
  readonly faults: string[] = [];
  /** What it answers with. */
  status = 200;
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json')
        this.faults.push(`${request.url ?? ''} ${request.headers['content-type'] ?? ''}`);
      if (this.status < 300) this.read(body);
      response.writeHead(this.status, { 'Content-Type': 'application/json' }).end('{}');
    });
  });

  /** Listens on a free port of this machine, or on a socket. Returns its address for OTLP_URL. */
  async listen(socket?: string): Promise<string> {
    await new Promise<void>((resolve) => {
      if (socket === undefined) this.server.listen(0, '127.0.0.1', resolve);
      else this.server.listen(socket, resolve);
    });
    if (socket !== undefined) return `unix://${socket}`;
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What has come of one trace. */
  of(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Listens no more. */
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private read(body: string): void {
    this.text += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as WireRequest).resourceSpans) {
      const service = String(attributesOf(resource.attributes)['service.name']);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const { traceId, spanId, parentSpanId, name, kind } = span;
        this.spans.push({
          ...{ service, traceId, spanId, parentSpanId, name, kind },
          startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
          endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
          attributes: attributesOf(span.attributes),
          failed: span.status?.code === 2,
        });
      }
    }
  }
}
