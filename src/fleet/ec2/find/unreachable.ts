import type { Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import type { LaunchState } from '../launch/launch-state.ts';
import { type Connect, addressOf } from './describe.ts';

/** Milliseconds that a running instance may be without its address: EC2 shows both at about the same time. */
const timeout = 5000;

const kinds = { public: 'public IPv4', private: 'private', ipv6: 'IPv6' } as const;

/**
 * Tells of instances that run and have no address to be reached at, once each: they would be waited for until T.
 * @param now By `performance.now()`.
 */
export function warnUnreachable(
  instances: readonly Ec2Instance[],
  connect: Connect,
  { unreachable, notice }: Pick<LaunchState, 'unreachable' | 'notice'>,
  now: number = performance.now(),
): void {
  for (const instance of instances) {
    const { InstanceId = '', State } = instance;
    if (State?.Name !== 'running' || addressOf(instance, connect) !== undefined) continue;
    const since = unreachable.get(InstanceId) ?? now;
    unreachable.set(InstanceId, since);
    if (now - since < timeout) continue;
    // Told: it is not looked at again.
    unreachable.set(InstanceId, Infinity);
    notice(
      `${InstanceId} is running but has no ${kinds[connect]} address, so it cannot be reached: ${remedy(instance, connect)}`,
    );
  }
}

/** The setting that helps, as far as the instance's other addresses tell. Pure. */
function remedy(instance: Ec2Instance, connect: Connect): string {
  const other = (['public', 'ipv6', 'private'] as const).find(
    (kind) => kind !== connect && addressOf(instance, kind) !== undefined,
  );
  const subnets = `set ec2.subnets to subnets that assign ${kinds[connect]} addresses`;
  return other === undefined ? subnets : `set ec2.connect to ${other}, or ${subnets}`;
}
