import { z } from 'zod';
import { fleetKind } from '../../../src/fleet/kind.ts';
import { ChildFleet } from './child.ts';

/** What the registry would have as one line more. */
export const childKind = fleetKind({
  name: 'child',
  schema: z.strictObject({ greeting: z.string().describe('said by nobody') }),
  defaults: { greeting: 'hello' },
  settings: [{ key: 'child.greeting', flag: 'greeting', describe: 'said by nobody' }],
  examples: { 'child.greeting': '--greeting hello' },
  template: {},
  config: (settings) => settings,
  open: (_config, env) => Promise.resolve(new ChildFleet(env)),
  openAll: (env) => Promise.resolve({ fleets: [new ChildFleet(env)], unreachable: [], skipped: [] }),
});
