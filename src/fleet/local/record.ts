import { z } from 'zod';

/** An instance as its host tells of it. */
export const instanceRecord = z.object({
  id: z.string(),
  index: z.int(),
  state: z.enum(['pending', 'running', 'shutting-down', 'terminated']),
  threads: z.int(),
  reason: z.string().optional(),
  endedBy: z.enum(['service', 'user']).optional(),
  /** Where its SSH server listens on 127.0.0.1, once it is running. */
  port: z.int().optional(),
});

/** What `host.json` keeps (0600): how controllers reach a run's host, and who it is. */
export const hostRecord = z.object({
  run: z.string(),
  host: z.object({ pid: z.int(), start: z.string() }),
  /** The control port on 127.0.0.1 and the word that opens it. */
  port: z.int(),
  token: z.string(),
  expiresAt: z.iso.datetime(),
  /** The public half of the run's host key. */
  hostKey: z.string(),
  /** The instances as they were launched; the host itself knows how they are. */
  instances: z.array(instanceRecord),
});

/** What a host says on stdout when the launch is done, or has failed. */
export const launchAnswer = z.union([z.object({ record: hostRecord }), z.object({ error: z.string() })]);

/** What a host answers to a controller. */
export const controlReply = z.object({ instances: z.array(instanceRecord) });

export type LocalInstanceRecord = z.infer<typeof instanceRecord>;
export type HostRecord = z.infer<typeof hostRecord>;
export type LaunchAnswer = z.infer<typeof launchAnswer>;
export type ControlReply = z.infer<typeof controlReply>;

/** What a controller asks of a host, with the token of its record. */
export type ControlRequest = { readonly token: string } & (
  | { readonly ask: 'describe' }
  | { readonly ask: 'launch'; readonly index: number }
  | { readonly ask: 'terminate'; readonly ids?: readonly string[] }
);
