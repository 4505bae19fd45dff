import { z } from 'zod';
import type { Access } from '../../session/ssh/access.ts';
import { credentials } from '../../session/ssh/login.ts';

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
});

/** One machine of the list, judged: all it takes to reach it again, from any directory. No secrets. */
export const hostSchema = base.extend({ jump: base.optional() });

export type Host = z.output<typeof hostSchema>;

/** How to reach a host now. */
export function accessOf(host: Host, env: NodeJS.ProcessEnv): Access {
  const { user, host: name, port, hostKeys, identity, agent, jump } = host;
  return {
    host: name,
    port,
    user,
    hostKeys,
    ...credentials({ identity, agent }, env),
    ...(jump && { jump: accessOf(jump, env) }),
  };
}
