import { z } from 'zod';
import type { AccountView } from '#contracts/account-view.js';
import { problemOfResponse } from '#sdk/removebg-error.js';
import { readToolArguments, inputSchemaOf, outputSchemaOf } from './mcp-arguments.js';
import { ToolFault } from './mcp-fault.js';
import type { Tool, ToolAnswer, ToolCall } from './mcp-tool.js';
import { modelsOf } from './service-check.js';

const TIMEOUT_MS = 10_000;

const limit = z.number().nullable().describe('null: no limit');

const schema = z.object({
  server: z.string().describe('Address of the service'),
  models: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      default: z.boolean(),
      loaded: z.boolean().describe('A running worker has it in memory'),
      license: z.string().describe('License of the weights'),
    }),
  ),
  tier: z.string().describe('`anonymous` without an API key'),
  limits: z.object({ images_in_flight: limit, requests_per_minute: limit }),
});

/** Limits of the caller. @throws RemoveBgError, such as for a wrong key */
async function accountOf(origin: string, key: string | undefined, signal: AbortSignal): Promise<AccountView> {
  const response = await fetch(`${origin}/v1/account`, {
    headers: key === undefined ? {} : { 'x-api-key': key },
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (!response.ok) throw await problemOfResponse(response);
  return (await response.json()) as AccountView;
}

const countText = (count: number | null): string => (count === null ? 'no limit' : String(count));

async function describe({ given, service, signal }: ToolCall): Promise<ToolAnswer> {
  readToolArguments({}, false, given);
  const { origin } = await service.open(signal);
  const { key } = service;
  const [models, { tier, limits }] = await Promise.all([
    modelsOf(origin, { key, signal }),
    accountOf(origin, key, signal),
  ]);
  if (models === undefined) throw new ToolFault('service-unreachable', `${origin} does not list its models`);
  const lines = models.map((model) => {
    const notes = [...(model.default ? ['default'] : []), `weights: ${model.license.weights}`];
    return `- ${model.name}: ${model.title} (${notes.join(', ')})`;
  });
  const text = [
    `Service: ${origin}, tier ${tier}. Images in flight: ${countText(limits.images_in_flight)}. ` +
      `Images a minute: ${countText(limits.requests_per_minute)}.`,
    'Models:',
    ...lines,
  ].join('\n');
  const views = models.map(({ name, title, default: isDefault, loaded, license }) => ({
    ...{ name, title, default: isDefault, loaded, license: license.weights },
  }));
  const { images_in_flight, requests_per_minute } = limits;
  return {
    text,
    facts: { server: origin, models: views, tier, limits: { images_in_flight, requests_per_minute } },
  };
}

/** Describes the models and limits of the service. */
export const describeModelsTool: Tool = {
  name: 'describe_models',
  title: 'Describe models and limits',
  description:
    'Lists the models of the background-removal service (values of `model`), its address, and the limits of this client.',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  inputSchema: inputSchemaOf({}, 'none'),
  outputSchema: outputSchemaOf(schema),
  run: describe,
};
