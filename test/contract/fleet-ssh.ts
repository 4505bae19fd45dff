import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchRequest } from '../../src/fleet/fleet.ts';
import type { Instance } from '../../src/instance.ts';
import type { SshFleet } from '../../src/fleet/ssh.ts';
import { newRunId } from '../../src/run-id.ts';
import { generateKeyPair } from '../../src/session/ssh/key.ts';
import { Login } from '../fleet/login.ts';
import { eventually } from '../helper/process.ts';
import { type FleetHarness, describeFleet } from './fleet.ts';

/** A fleet under test whose instances are reached over SSH. */
export interface SshFleetHarness extends FleetHarness {
  readonly fleet: SshFleet;
  /** The host keys of machines that have their own; by default all instances of a launch show the same one. */
  hostKeys?(instance: Instance): readonly string[];
}

/** What every fleet promises, and what those promise whose instances are reached over SSH. */
export function describeSshFleet(name: string, open: () => Promise<SshFleetHarness>): void {
  describeFleet(name, open);
  describe(`fleet ${name}, by SSH`, () => {
    let harness: SshFleetHarness;
    let fleet: SshFleet;
    beforeEach(async () => {
      harness = await open();
      fleet = harness.fleet;
    });
    afterEach(() => harness.close());

    async function launched(
      count: number,
    ): Promise<{ readonly run: string; readonly instances: Instance[] }> {
      const run = newRunId();
      const expiresAt = new Date(Date.now() + 120_000);
      const asked: LaunchRequest = { run, count, minimum: 1, lifetime: 120, expiresAt };
      await fleet.launch(asked, new AbortController().signal);
      const instances = await eventually('running', async () => {
        const described = (await fleet.describe(run)).filter(({ address }) => address !== undefined);
        return described.length === count && described;
      });
      // A machine can be running for a while before it answers.
      const signal = AbortSignal.timeout(20_000);
      for (const instance of instances) await (await fleet.connect(instance, { signal })).close();
      return { run, instances };
    }

    async function login(instance: Instance, overrides: object = {}): Promise<Login> {
      const access = fleet.access(instance);
      if (!access) throw new Error('no access');
      return Login.open({ ...access, ...overrides });
    }

    test('pins the host key and lets in the login key alone', async () => {
      const { run, instances } = await launched(2);
      const pinned = instances.map((instance) => fleet.access(instance)?.hostKeys);
      expect(pinned).toEqual(instances.map((instance) => harness.hostKeys?.(instance) ?? pinned[0]));
      expect(pinned[0]).toHaveLength(1);
      for (const instance of instances) {
        const shell = await login(instance);
        expect((await shell.run('echo in')).stdout).toBe('in\n');
        shell.close();
      }
      const [instance] = instances;
      if (!instance) throw new Error('no instance');
      const refused = { rejects: /authentication/ };
      await expect(login(instance, { privateKey: generateKeyPair().privateKey })).rejects.toThrow(
        refused.rejects,
      );
      await expect(login(instance, { privateKey: undefined })).rejects.toThrow(refused.rejects);
      await expect(login(instance, { user: 'nobody-here' })).rejects.toThrow(refused.rejects);
      await fleet.terminate(run);
    });
  });
}
