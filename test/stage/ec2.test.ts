import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { imagesOf } from '../helper/stage/ec2/image.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from './stage.ts';

/** What moto gets wrong about EC2 (FACTS.md, "Emulators"), one by one. */
describe.runIf(hasStage())('EC2 on the stage', () => {
  const on = useStage({
    pages: false,
    boots: false,
    pending: 300,
    shuttingDown: 300,
    consistency: 100,
    vcpus: 20,
  });
  let ec2: ReturnType<typeof clients>['ec2'];

  beforeAll(() => {
    ec2 = clients(on.stage).ec2;
  });

  const [ubuntu] = imagesOf('us-east-1');
  const input = (more: Partial<RunInstancesCommandInput> = {}): RunInstancesCommandInput => ({
    ImageId: ubuntu?.id,
    InstanceType: 'c7a.medium',
    MinCount: 1,
    MaxCount: 1,
    ...more,
  });
  const launch = async (more: Partial<RunInstancesCommandInput> = {}) => {
    const { Instances = [] } = await ec2.runInstances(input(more));
    await sleep(110);
    return Instances.map(({ InstanceId = '' }) => InstanceId);
  };
  const described = async (ids?: string[]) => {
    const { Reservations = [] } = await ec2.describeInstances(ids ? { InstanceIds: ids } : {});
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  };
  const failure = async (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: unknown) => (error instanceof Error ? error.name : ''),
    );

  test('launches as many as there is room for, between MinCount and MaxCount', async () => {
    expect(await launch({ MaxCount: 5 })).toHaveLength(5);
    on.stage.ec2.capacity = [{ zone: 'us-east-1a', type: 'c7a.medium', most: 8 }];
    expect(await launch({ MaxCount: 8 })).toHaveLength(3);
    expect(await failure(launch())).toBe('InsufficientInstanceCapacity');
    const { Subnets = [] } = await ec2.describeSubnets({});
    const SubnetId = Subnets.find(({ AvailabilityZone }) => AvailabilityZone === 'us-east-1b')?.SubnetId;
    expect(await launch({ SubnetId })).toHaveLength(1);
    expect(await launch({ InstanceType: 'c7a.large' })).toHaveLength(1);
    on.stage.ec2.capacity = [{ most: 12 }];
    expect(await failure(launch({ MinCount: 3, MaxCount: 8 }))).toBe('InsufficientInstanceCapacity');
    expect(on.stage.instances()).toHaveLength(10);
  });

  test('gives the same answer to the same client token', async () => {
    const asked = { ClientToken: 'one', MaxCount: 2 };
    const [first, again] = await Promise.all([launch(asked), launch(asked)]);
    expect(again).toEqual(first);
    expect(await launch(asked)).toEqual(first);
    expect(await failure(launch({ ...asked, MaxCount: 3 }))).toBe('IdempotentParameterMismatch');
    expect(await launch({ ...asked, ClientToken: 'two' })).not.toEqual(first);
    expect(on.stage.instances()).toHaveLength(4);
    const { Reservations = [] } = await ec2.describeInstances({
      Filters: [{ Name: 'client-token', Values: ['one'] }],
    });
    expect(
      Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId }) => InstanceId),
    ).toEqual(first);
  });

  test('a lost answer is found again by its token', async () => {
    on.stage.faults.add({ service: 'ec2', action: 'RunInstances', lost: 'after', times: 1 });
    expect(await failure(launch({ ClientToken: 'one' }))).not.toBe('no error');
    expect(on.stage.instances()).toHaveLength(1);
    expect(await launch({ ClientToken: 'one' })).toEqual(on.stage.instances().map(({ id }) => id));
    expect(on.stage.calls('ec2', 'RunInstances').map(({ status }) => status)).toEqual([0, 200]);
  });

  test('knows an instance only some time after its launch, and runs it later still', async () => {
    const { lag } = on.stage.ec2;
    lag.constant = 3000;
    const { Instances: [instance] = [] } = await ec2.runInstances(input());
    const id = instance?.InstanceId ?? '';
    expect(instance?.State?.Name).toBe('pending');
    expect(instance?.PublicIpAddress).toBeUndefined();
    expect(await described()).toEqual([]);
    expect(await failure(described([id]))).toBe('InvalidInstanceID.NotFound');
    const running = await eventually('running', async () => {
      const [one] = await described();
      return one?.State?.Name === 'running' && one;
    });
    lag.constant = 100;
    expect(running.PublicIpAddress).toMatch(/^54\.214\./);
    expect(running.NetworkInterfaces?.[0]?.Association?.PublicIp).toBe(running.PublicIpAddress);
  });

  test('terminates in its time, all or none, and not what is protected', async () => {
    const [one = '', two = '', three = ''] = await launch({ MinCount: 3, MaxCount: 3 });
    expect(await failure(ec2.terminateInstances({ InstanceIds: [one, 'i-00000000000000000'] }))).toBe(
      'InvalidInstanceID.NotFound',
    );
    expect(on.stage.instances('shutting-down')).toEqual([]);
    await ec2.modifyInstanceAttribute({ InstanceId: two, DisableApiTermination: { Value: true } });
    expect(await failure(ec2.terminateInstances({ InstanceIds: [one, two] }))).toBe('OperationNotPermitted');
    const { TerminatingInstances } = await ec2.terminateInstances({ InstanceIds: [one, three] });
    expect(TerminatingInstances?.map(({ CurrentState }) => CurrentState?.Name)).toEqual([
      'shutting-down',
      'shutting-down',
    ]);
    const states = async () => (await described([one, two, three])).map(({ State }) => String(State?.Name));
    const show = async (...expected: string[]) =>
      eventually(expected.join(), async () => (await states()).toSorted().join() === expected.join());
    // Whether it is pending still is a question of time.
    await eventually(
      'seen',
      async () => (await states()).filter((one) => /shutting|terminated/.test(one)).length === 2,
    );
    await show('running', 'terminated', 'terminated');
    const found = await ec2.describeInstances({
      Filters: [{ Name: 'instance-state-name', Values: ['running', 'pending'] }],
    });
    expect(found.Reservations?.flatMap(({ Instances = [] }) => Instances)).toHaveLength(1);
    const [gone] = await described([one]);
    expect(gone).toMatchObject({ StateReason: { Code: 'Client.UserInitiatedShutdown' } });
    expect(gone?.PublicIpAddress).toBeUndefined();
  });

  test('keeps a security group while an instance uses it', async () => {
    const { GroupId = '' } = await ec2.createSecurityGroup({ GroupName: 'g', Description: 'g' });
    await sleep(110);
    const { Subnets: [subnet] = [] } = await ec2.describeSubnets({});
    const network = {
      DeviceIndex: 0,
      SubnetId: subnet?.SubnetId,
      Groups: [GroupId],
      AssociatePublicIpAddress: true,
    };
    const [id = ''] = await launch({ NetworkInterfaces: [network] });
    expect(await on.stage.orphans()).toEqual([
      expect.stringContaining(`instance ${id}`),
      'group g in us-east-1',
    ]);
    expect(await failure(ec2.deleteSecurityGroup({ GroupId }))).toBe('DependencyViolation');
    await ec2.terminateInstances({ InstanceIds: [id] });
    expect(await failure(ec2.deleteSecurityGroup({ GroupId }))).toBe('DependencyViolation');
    await eventually(
      'deleted',
      async () => (await failure(ec2.deleteSecurityGroup({ GroupId }))) === 'no error',
    );
    expect(await on.stage.orphans()).toEqual([]);
  });

  test('has a quota of vCPUs, the one that Service Quotas tells', async () => {
    const { Quota } = await clients(on.stage).quotas.getServiceQuota({
      ServiceCode: 'ec2',
      QuotaCode: 'L-1216C47A',
    });
    expect(Quota?.Value).toBe(20);
    expect(await failure(launch({ InstanceType: 'c7a.8xlarge' }))).toBe('VcpuLimitExceeded');
    expect(await launch({ InstanceType: 'c7a.2xlarge', MaxCount: 4 })).toHaveLength(2);
    expect(await failure(launch({ MinCount: 5, MaxCount: 5 }))).toBe('VcpuLimitExceeded');
  });

  test('has images by owner, name and architecture, other ones in each region', async () => {
    const find = async (owner: string, name: string, region?: string) => {
      const Filters = [
        { Name: 'name', Values: [name] },
        { Name: 'architecture', Values: ['arm64'] },
        { Name: 'state', Values: ['available'] },
        { Name: 'root-device-type', Values: ['ebs'] },
      ];
      const { Images = [] } = await clients(on.stage, region).ec2.describeImages({
        Owners: [owner],
        Filters,
      });
      return Images;
    };
    const ubuntus = await find('099720109477', 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*');
    expect(ubuntus.map(({ CreationDate }) => String(CreationDate).slice(0, 10)).toSorted()).toEqual([
      '2026-10-15',
      '2026-11-12',
    ]);
    expect(await find('amazon', 'al2023-ami-2023.*-arm64')).toHaveLength(2);
    expect(await find('136693071363', 'debian-12-arm64-*')).toHaveLength(2);
    const [elsewhere] = await find('136693071363', 'debian-12-arm64-*', 'eu-west-1');
    expect(await failure(launch({ ImageId: elsewhere?.ImageId }))).toBe('InvalidAMIID.NotFound');
    expect(await failure(launch({ ImageId: ubuntus[0]?.ImageId }))).toBe('InvalidParameterValue');
    expect(await launch({ ImageId: ubuntus[0]?.ImageId, InstanceType: 'c7g.medium' })).toHaveLength(1);
  });

  test('has types with their architecture, and refuses those that do not exist', async () => {
    const { InstanceTypes: [type] = [] } = await ec2.describeInstanceTypes({ InstanceTypes: ['c7g.medium'] });
    expect(type?.ProcessorInfo?.SupportedArchitectures).toEqual(['arm64']);
    expect(type?.VCpuInfo?.DefaultVCpus).toBe(1);
    expect(await failure(launch({ InstanceType: 'c99.medium' as 'c7a.medium' }))).toBe('InvalidInstanceType');
  });

  test('a dry run does nothing, and says whether it may', async () => {
    expect(await failure(ec2.runInstances({ ...input(), DryRun: true }))).toBe('DryRunOperation');
    on.stage.faults.add({ action: 'RunInstances', error: 'Denied' });
    expect(await failure(ec2.runInstances({ ...input(), DryRun: true }))).toBe('UnauthorizedOperation');
    expect(on.stage.instances()).toEqual([]);
  });

  test('has some regions, each with its own instances', async () => {
    const { Regions = [] } = await ec2.describeRegions({});
    expect(Regions.map(({ RegionName }) => String(RegionName)).toSorted()).toEqual([
      'eu-west-1',
      'us-east-1',
      'us-west-2',
    ]);
    const [id = ''] = await launch();
    const west = clients(on.stage, 'us-west-2').ec2;
    expect((await west.describeInstances({})).Reservations).toEqual([]);
    expect(await failure(west.terminateInstances({ InstanceIds: [id] }))).toBe('InvalidInstanceID.NotFound');
  });

  test('forgets terminated instances', async () => {
    const [id = ''] = await launch();
    await ec2.terminateInstances({ InstanceIds: [id] });
    await sleep(350);
    expect(await described()).toHaveLength(1);
    Object.assign(on.stage.ec2.options, { remembered: 0 });
    expect(await described()).toEqual([]);
    expect(await failure(described([id]))).toBe('InvalidInstanceID.NotFound');
    Object.assign(on.stage.ec2.options, { remembered: 3_600_000 });
  });

  test('200 instances have 200 addresses', async () => {
    Object.assign(on.stage.ec2.options, { vcpus: 1000 });
    await launch({ MinCount: 100, MaxCount: 100 });
    await launch({ MinCount: 100, MaxCount: 100 });
    await sleep(300);
    const instances = await described();
    expect(new Set(instances.map(({ PublicIpAddress }) => PublicIpAddress)).size).toBe(200);
    Object.assign(on.stage.ec2.options, { vcpus: 20 });
  });
});
