/** What the processes of the local fleet's machinery are for, in their `CND_ROLE`. */
export type Role = 'local-host' | 'local-watchdog';

/** What a host is tagged with, enough to find and list its run when its state directory is gone. */
export interface HostTags {
  readonly run: string;
  /** The state root it was launched with: another one than the finder's when XDG_STATE_HOME differs. */
  readonly stateRoot: string;
  readonly count: number;
  readonly expiresAt: string;
}

/** The one user name of the local fleet's SSH servers. */
export const loginUser = 'cnd';

/** The id of an instance: unique across runs, and known from the run and index alone. */
export function instanceId(run: string, index: number): string {
  return `l-${run.slice(-4)}-${index}`;
}

/** What is taken over from the launcher: nothing that is not needed, so that no secret or NODE_OPTIONS travels along. */
function base(env: NodeJS.ProcessEnv): Record<string, string> {
  return {
    PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    USER: env['USER'] ?? loginUser,
    LANG: env['LANG'] ?? 'C.UTF-8',
    ...(env['CND_KERNEL'] === undefined ? {} : { CND_KERNEL: env['CND_KERNEL'] }),
  };
}

/** The environment of a run's host process. */
export function hostEnvironment(env: NodeJS.ProcessEnv, tags: HostTags): Record<string, string> {
  return {
    CND_RUN: tags.run,
    CND_ROLE: 'local-host' satisfies Role,
    CND_STATE: tags.stateRoot,
    CND_INSTANCES: String(tags.count),
    CND_EXPIRES: tags.expiresAt,
    ...base(env),
  };
}

/** The environment of a run's watchdog, made from its host's. */
export function watchdogEnvironment(hostEnv: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...hostEnv, CND_ROLE: 'local-watchdog' satisfies Role };
}

/** The environment of a command on an instance, made from its host's; `directory` is the instance's own. */
export function instanceEnvironment(
  hostEnv: NodeJS.ProcessEnv,
  { run, id, directory }: { run: string; id: string; directory: string },
): Record<string, string> {
  return {
    CND_RUN: run,
    CND_INSTANCE: id,
    CND_SYSLOG: `${directory}/syslog`,
    HOME: directory,
    TMPDIR: `${directory}/tmp`,
    ...base(hostEnv),
  };
}
