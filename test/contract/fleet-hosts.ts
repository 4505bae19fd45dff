import { describe } from 'vitest';
import { HostsFleet } from '../../src/fleet/hosts/hosts.ts';
import { hasDropbear } from '../fleet/hosts/dropbear.ts';
import { TestHosts, type Server } from '../fleet/hosts/test-hosts.ts';
import { hasSshd } from '../helper/sshd.ts';
import { type SshFleetHarness, describeSshFleet } from './fleet-ssh.ts';

/** Three of the same kind of server, reached directly or by way of another. */
async function harness(
  start: (place: TestHosts) => Promise<Server>,
  jumping: boolean,
): Promise<SshFleetHarness> {
  const place = new TestHosts();
  const servers = [await start(place), await start(place), await start(place)];
  const jump = jumping ? (await place.sshd()).access : undefined;
  const more = jump ? { jump: { host: jump.host, port: jump.port } } : {};
  return {
    fleet: place.fleet(servers, more),
    gone: ['terminated'],
    stranger: () => new HostsFleet([], place.env),
    failing: () => place.fleet(servers.slice(1), more),
    hostKeys: ({ index }) => servers[index]?.access.hostKeys ?? [],
    orphans: async (run) => place.orphans(run),
    close: async () => place.close(),
  };
}

/** The fleet of machines that exist already, on real servers that the tests start. */
export function describeHosts(): void {
  describe.runIf(hasSshd())('with OpenSSH', () => {
    describeSshFleet('hosts', async () => harness((place) => place.sshd(), false));
    describeSshFleet('hosts through a jump host', async () => harness((place) => place.sshd(), true));
    describe.runIf(hasDropbear())('and Dropbear', () => {
      describeSshFleet('hosts', async () => harness((place) => place.dropbear(), false));
      describeSshFleet('hosts through a jump host', async () => harness((place) => place.dropbear(), true));
    });
  });
}
