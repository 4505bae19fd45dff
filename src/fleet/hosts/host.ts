import { z } from 'zod';

const base = z.object({
  user: z.string(),
  host: z.string(),
  port: z.int(),
  /** The keys that known_hosts had for it when the run began, each as `<type> <base64>`. */
  hostKeys: z.array(z.string()),
  /** Path of a private key; the key itself is never kept. */
  identity: z.string().optional(),
  /** Path of an ssh-agent's socket. */
  agent: z.string().optional(),
  /** Seconds for each step of a connection. */
  connectTimeout: z.number().optional(),
});

/** One machine of the list, judged: the route to it, to reach it again from any directory. No secrets. */
export const hostSchema = base.extend({
  get jump() {
    return hostSchema.optional();
  },
});

export type Host = z.output<typeof hostSchema>;
