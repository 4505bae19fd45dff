import { availableParallelism } from 'node:os';
import { free } from '../../cost.ts';
import { fleetKind } from '../kind.ts';
import { localSchema } from './schema.ts';
import { localSettingNames } from './setting.ts';

/** The embedded fleet on this machine. */
export const localKind = fleetKind({
  name: 'local',
  schema: localSchema,
  defaults: { bootDelay: 0, rehearse: [] },
  settings: localSettingNames,
  examples: { 'local.threads': '--threads 1' },
  template: { 'local.threads': 1 },
  keysAt: () => ['instance', 'failure', 'after'],
  mismatch: ({ rehearse }, instances) => {
    const position = rehearse.findIndex(({ instance }) => instance >= instances);
    if (position < 0) return undefined;
    const last = instances - 1;
    return {
      path: ['rehearse', position, 'instance'],
      error: `there ${last === 0 ? 'is only instance 0' : `are only instances 0 to ${last}`}`,
      hint: 'use one of them, or launch more with --N',
    };
  },
  config: (settings) => settings,
  // More than there are cores search no faster.
  machines: async () => [
    { name: 'local', cores: 1, market: 'own', price: free, most: availableParallelism() },
  ],
  open: async (config, env) => new (await import('./local.ts')).LocalFleet(config, env),
  openAll: async (env, { region }) => {
    // Whoever names a region does not mean this machine.
    if (region !== undefined) return { fleets: [], unreachable: [], skipped: [] };
    const { LocalFleet } = await import('./local.ts');
    return { fleets: [new LocalFleet({ bootDelay: 0, rehearse: [] }, env)], unreachable: [], skipped: [] };
  },
});
