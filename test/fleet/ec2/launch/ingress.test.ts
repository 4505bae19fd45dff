import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { reachable } from '../../../../src/fleet/ec2/launch/network.ts';
import { sshSource } from '../../../../src/fleet/ec2/launch/ssh-source.ts';
import { warnUnreachable } from '../../../../src/fleet/ec2/find/unreachable.ts';
import { eventually } from '../../../helper/process.ts';
import { hasStage } from '../../../helper/stage/available.ts';
import { useLab } from '../lab.ts';

const never = new AbortController().signal;

/** A page that tells an address, which can be changed. */
async function page(address: string) {
  const told = { address };
  const server = createServer((_, response) => response.end(`${told.address}\n`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { told, url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

test('an instance without its address is told of within seconds, once, with the setting that helps', () => {
  const notices: string[] = [];
  const launchState = {
    unreachable: new Map<string, number>(),
    notice: (words: string) => void notices.push(words),
  };
  const instance = {
    InstanceId: 'i-1',
    State: { Name: 'running' as const },
    PrivateIpAddress: '10.0.0.1',
    Ipv6Address: '2001:db8::1',
  };
  for (const now of [0, 4000, 6000, 8000]) warnUnreachable([instance], 'public', launchState, now);
  expect(notices).toEqual([
    expect.stringMatching(/^i-1 is running but has no public IPv4 address.*set ec2\.connect to ipv6/),
  ]);
  for (const now of [0, 6000]) warnUnreachable([instance], 'ipv6', launchState, now);
  expect(notices).toHaveLength(1);
});

test('subnets must give the kind of address that is used', () => {
  const ipv4 = { SubnetId: 'subnet-4', VpcId: 'vpc-1' };
  const state = { Ipv6CidrBlockState: { State: 'associated' as const } };
  const both = { SubnetId: 'subnet-46', VpcId: 'vpc-1', Ipv6CidrBlockAssociationSet: [state] };
  const ipv6 = { SubnetId: 'subnet-6', VpcId: 'vpc-1', Ipv6Native: true };
  expect(reachable([ipv4, both, ipv6], [], 'public', 'r')).toEqual([ipv4, both]);
  expect(reachable([ipv4, both, ipv6], [], 'ipv6', 'r')).toEqual([both, ipv6]);
  expect(() => reachable([ipv4], [], 'ipv6', 'r')).toThrow(/subnet-4 in r assigns no IPv6/);
  expect(() => reachable([both, ipv6], ['subnet-46', 'subnet-6'], 'public', 'r')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('ec2.connect to ipv6') as string }) as Error,
  );
});

describe.skipIf(!hasStage())('who is let in', () => {
  const on = useLab();

  test('a look-up page that answers with IPv6 is refused while SSH goes to IPv4, and the other way round', async () => {
    const { url, told, close } = await page('2001:db8::7');
    const settings = (connect: 'public' | 'ipv6') => {
      const { jump: _, ...rest } = on.lab.settings({ addressLookup: url, connect });
      return rest;
    };
    await expect(sshSource(settings('public'), never)).rejects.toMatchObject({
      code: 'ec2-ssh-from',
      hint: expect.stringContaining('ec2.connect to ipv6') as string,
    });
    expect(await sshSource(settings('ipv6'), never)).toBe('2001:db8::7/128');
    told.address = '203.0.113.7';
    expect(await sshSource(settings('public'), never)).toBe('203.0.113.7/32');
    await expect(sshSource(settings('ipv6'), never)).rejects.toMatchObject({ code: 'ec2-ssh-from' });
    close();
  });

  test('a laptop that has changed networks is let in to the group of its run', async () => {
    const { url, told, close } = await page('203.0.113.7');
    const notices: string[] = [];
    const fleet = on.lab.fleet({ addressLookup: url, jump: undefined });
    const asked = on.lab.request({ count: 1, notice: (words) => notices.push(words) });
    await fleet.launch(asked, never);
    const instance = await eventually('it runs', async () => {
      const [one] = await fleet.describe(asked.run);
      return one?.state === 'running' && one;
    });
    told.address = '198.51.100.9';
    const over = new AbortController();
    const connecting = fleet.connect(instance, { signal: over.signal }).catch(() => {});
    await eventually('it is let in', () => {
      const calls = on.stage.calls('ec2', 'AuthorizeSecurityGroupIngress');
      return calls.some(({ parameters }) => JSON.stringify(parameters).includes('198.51.100.9/32'));
    });
    await eventually('it is told', () => notices.length > 0);
    over.abort();
    await connecting;
    expect(notices).toEqual([expect.stringContaining('198.51.100.9/32') as string]);
    close();
  });
});
