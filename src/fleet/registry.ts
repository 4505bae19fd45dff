import type { RunConfig } from '../config/config.ts';
import type { Fleet } from './fleet.ts';
import { LocalFleet } from './local/local.ts';

/** One line a fleet; what a run needs is imported when it is chosen. */
export function makeFleet(config: Pick<RunConfig, 'fleet' | 'local'>, env: NodeJS.ProcessEnv): Fleet {
  switch (config.fleet) {
    case 'local':
      return new LocalFleet(config.local, env);
  }
}

/** Every fleet that may hold something of this user, for `ps` and `scram`, whatever the configuration says. */
export function everyFleet(env: NodeJS.ProcessEnv): Fleet[] {
  return [new LocalFleet({ bootDelay: 0, rehearse: [] }, env)];
}
