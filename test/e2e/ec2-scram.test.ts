import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasStage } from '../helper/stage/available.ts';
import { imagesOf } from '../helper/stage/ec2/image.ts';
import { Stage } from '../helper/stage/stage.ts';
import { type PlaceOptions, type StagePlace, stagePlace } from '../helper/stage/workplace.ts';
import { clients } from '../stage/stage.ts';

/** `cnd scram` and `cnd ps` by tags alone, from anywhere. */
describe.runIf(hasStage())('scram and ps on EC2', { timeout: 90_000 }, () => {
  let stage: Stage;
  const places: StagePlace[] = [];

  beforeAll(async () => {
    stage = await Stage.open({ pending: 200, shuttingDown: 300, consistency: 100, bootSeconds: 0 });
  }, 60_000);
  afterEach(async () => {
    for (const place of places.splice(0)) place.remove();
    await stage.reset();
  });
  afterAll(async () => stage.close());

  const place = (options: PlaceOptions = {}): StagePlace => {
    const made = stagePlace(stage, options);
    places.push(made);
    return made;
  };

  /** A run whose controller is dead. */
  const orphan = async (options: PlaceOptions = {}): Promise<string> => {
    const cnd = place(options).start('start --N 2 --T 80 --D 16 --json');
    const { run } = await cnd.event('search.all');
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    return run;
  };

  const local = { CND_FLEET: 'local' };

  test('finds a run in another region, from another directory, with another default fleet', async () => {
    const run = await orphan({ ec2: { region: 'eu-west-1' } });
    const elsewhere = place();
    const shown = await elsewhere.run('ps', local);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(run) as string });
    expect(shown.stdout).toMatch(/eu-west-1/);
    const narrow = await elsewhere.run('scram --region us-west-2', local);
    expect(narrow.stdout).toMatch(/nothing to terminate/);
    const result = await elsewhere.run('scram', local);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(run) as string });
    await stage.untilClean();
  });

  test('leaves the runs of others alone, but lists them; --everyone takes them', async () => {
    const run = await orphan({ name: 'bob' });
    const alice = place();
    expect((await alice.run('ps')).stdout).toContain(run);
    const spared = await alice.run('scram');
    expect(spared.stdout).toMatch(/nothing to terminate/);
    expect(stage.instances('running')).toHaveLength(2);
    expect(await alice.run('scram --everyone')).toMatchObject({ code: 0 });
    await stage.untilClean();
  });

  test('touches nothing without tags, and nothing protected saves the others', async () => {
    const { ec2 } = clients(stage);
    const [image] = imagesOf('us-east-1');
    await ec2.runInstances({ ImageId: image?.id, InstanceType: 'c7a.medium', MinCount: 1, MaxCount: 1 });
    await orphan();
    const [stranger, one, two] = stage.instances();
    await ec2.modifyInstanceAttribute({ InstanceId: one?.id, DisableApiTermination: { Value: true } });
    const result = await place().run('scram');
    expect(result.code).toBe(4);
    expect(result.stdout + result.stderr).toContain(one?.id ?? 'none');
    expect([stranger, one].map((instance) => instance?.state)).toEqual(['running', 'running']);
    expect(['shutting-down', 'terminated']).toContain(two?.state);
    await ec2.modifyInstanceAttribute({ InstanceId: one?.id, DisableApiTermination: { Value: false } });
    expect((await place().run('scram')).code).toBe(0);
    expect(stage.instances('running').map(({ id }) => id)).toEqual([stranger?.id]);
  });

  test('EC2 that cannot be asked is exit 4 for who has used it', async () => {
    const user = place();
    await user.run('start --N 1 --T 60 --D 2');
    stage.faults.add({ service: 'ec2', lost: 'before' });
    stage.faults.add({ service: 'sts', lost: 'before' });
    expect((await user.run('scram')).code).toBe(4);
  });
});
