import { expect, test } from 'vitest';
import { toInstance } from '../../../../src/fleet/ec2/find/describe.ts';

test.each([
  ['Server.SpotInstanceTermination', 'service'],
  ['Server.InternalError', 'service'],
  ['Client.UserInitiatedShutdown', 'user'],
  ['Client.InstanceInitiatedShutdown', 'user'],
  [undefined, 'user'],
])('an instance that is over by %s was ended by the %s', (Code, endedBy) => {
  for (const Name of ['terminated', 'shutting-down', 'stopped'] as const) {
    const instance = {
      InstanceId: 'i-1',
      State: { Name },
      ...(Code !== undefined && { StateReason: { Code } }),
    };
    expect(toInstance(instance, 'public').endedBy).toBe(endedBy);
  }
  const running = { InstanceId: 'i-1', State: { Name: 'running' as const } };
  expect(toInstance(running, 'public')).not.toHaveProperty('endedBy');
});
