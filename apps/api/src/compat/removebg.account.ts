import { z } from 'zod';

/** `GET /v1.0/account` of remove.bg. */
export const removebgAccountSchema = z.object({
  data: z.object({
    attributes: z.object({
      credits: z.object({
        total: z.number(),
        subscription: z.number(),
        payg: z.number(),
        enterprise: z.number(),
      }),
      api: z.object({ free_calls: z.int(), sizes: z.literal('all') }),
    }),
  }),
});

/** Large enough for any client that looks before it calls; it does not shrink. */
const ALWAYS_FREE = 1_000_000;

/** What everybody is told: there are no credits here, none is charged, and every call is free. */
export const REMOVEBG_ACCOUNT: z.output<typeof removebgAccountSchema> = {
  data: {
    attributes: {
      credits: { total: 0, subscription: 0, payg: 0, enterprise: 0 },
      api: { free_calls: ALWAYS_FREE, sizes: 'all' },
    },
  },
};
