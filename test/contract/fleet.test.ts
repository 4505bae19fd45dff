import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab } from '../fleet/lab.ts';
import { orphans } from '../helper/process.ts';
import { describeSshFleet } from './fleet-ssh.ts';
import { describeHosts } from './fleet-hosts.ts';

describeSshFleet('local', async () => {
  const lab = new Lab();
  return {
    fleet: lab.fleet(),
    gone: ['terminated'],
    stranger: () => lab.fleet(),
    failing: () => {
      const file = join(lab.env.XDG_STATE_HOME, 'a-file');
      writeFileSync(file, '');
      return lab.fleet({}, { ...lab.env, XDG_STATE_HOME: file });
    },
    orphans: async (run) => orphans(run),
    close: async () => lab.close(),
  };
});

describeHosts();
