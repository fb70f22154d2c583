import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { LabelValue } from '#telemetry/metric-labels.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Label of the route in the metrics; `page` by default. */
    call?: LabelValue<'call'>;
    /** The route accepts an image as text in any form: in base64, with line ends, or with escapes. */
    takesBase64?: boolean;
    /** A GET that makes the service work: pages of other origins may not send it. */
    hasEffect?: boolean;
    /** A GET whose response can be read once, or is a stream: it has no HEAD. */
    withoutHead?: boolean;
    /** A GET that clients repeat until something has ended: repeated final responses are delayed. */
    isPolled?: boolean;
    /** Requested every few seconds by monitors: logged at `debug`, and its refusals are not counted. */
    isProbe?: boolean;
    /** A file that a page loads: logged at `debug`. */
    isAsset?: boolean;
  }
}

/** Metadata of a route, for the hooks in this folder and the metrics. */
export const Route = (config: FastifyContextConfig): ReturnType<typeof RouteConfig> => RouteConfig(config);

/** Metadata of a request's route; empty for a request that the router could not parse. */
export const routeConfig = ({ routeOptions }: FastifyRequest): FastifyContextConfig =>
  (routeOptions as { config?: FastifyContextConfig }).config ?? {};
