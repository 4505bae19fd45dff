import { afterAll, beforeAll, describe } from 'vitest';
import { Ec2Lab } from '../fleet/ec2/lab.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { exists } from '../helper/stage/ec2/instance.ts';
import { Stage } from '../helper/stage/stage.ts';
import { describeSshFleet } from './fleet-ssh.ts';

describe.skipIf(!hasStage())('on the stage', () => {
  // What is terminated is not described: the suite may find only what there is.
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ remembered: 0, stalest: 300 });
  });
  afterAll(() => stage.close());
  describeSshFleet('ec2', async () => {
    const lab = new Ec2Lab(stage);
    lab.become();
    const { ec2, hypervisor } = lab.stage;
    const alive = (run: string): string[] => {
      const instances = [...ec2.instances.values()].filter(({ tags }) => tags['cnd:run'] === run);
      const machines = instances.filter(({ id }) => hypervisor.machines.get(id)?.isOff === false);
      return [
        ...instances.filter(exists).map(({ id, state }) => `${id} ${state}`),
        ...machines.map(({ id }) => `machine of ${id}`),
      ];
    };
    return {
      fleet: lab.fleet(),
      gone: ['shutting-down', 'terminated'],
      stranger: () => lab.fleet(),
      failing: () => {
        lab.stage.ec2.capacity = [{ most: 2 }];
        return lab.fleet();
      },
      orphans: async (run) => {
        // Terminating takes a moment that costs nothing.
        const none = async (): Promise<boolean> => alive(run).length === 0;
        await eventually('nothing left', none, 3).catch(() => {});
        return alive(run);
      },
      close: async () => lab.close(),
    };
  });
});
