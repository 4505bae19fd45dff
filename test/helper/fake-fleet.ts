import type { Fleet, FoundRun } from '../../src/fleet/fleet.ts';
import type { Instance } from '../../src/instance.ts';

/** A fleet that answers what it is told to, for tests of what a run does with the answers. */
export function fakeFleet(answers: Partial<Fleet> & { found?: readonly FoundRun[] }): Fleet {
  const { found = [], ...rest } = answers;
  const nothing = async (): Promise<Instance[]> => [];
  return {
    name: 'fake',
    timing: { reserve: 3, grace: 5, boot: 0, poll: 0.01, settle: 0 },
    launch: nothing,
    describe: nothing,
    handle: () => ({}),
    recover: async () => {},
    connect: () => Promise.reject(new Error('nobody should connect')),
    terminate: nothing,
    dispose: async () => {},
    find: async () => [...found],
    syslogCommand: () => 'true',
    ...rest,
  };
}
