import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offerHelp } from '../../../script/arguments.mjs';
import { repository } from '../stage/repository.ts';
import { Cluster, smallPods } from './cluster.ts';
import { missing } from './installed.ts';

// npm run rehearse:kubernetes -- --N 8 --T 200 --D 2
//
// A run of `cnd start --fleet kubernetes` on a cluster of its own. All flags are those of `cnd start`.

const say = (line: string): unknown => process.stderr.write(`${line}\n`);

/** Runs cnd on a fresh cluster, as a user with the documented role; gives its exit code. */
async function rehearse(flags: readonly string[]): Promise<number> {
  const what = missing();
  if (what !== undefined) {
    say(`The cluster cannot be started: ${what}`);
    return 2;
  }
  say('Starting a Kubernetes cluster of one node on loopback.');
  const cluster = await Cluster.start();
  const home = mkdtempSync(join(tmpdir(), 'cnd-rehearsal-'));
  try {
    const KUBECONFIG = await cluster.tenant('rehearsal');
    const file = join(home, 'cnd.config.json');
    const logs = { directory: join(process.cwd(), 'logs') };
    writeFileSync(file, JSON.stringify({ fleet: 'kubernetes', kubernetes: smallPods, logs }));
    const args = [join(repository, 'bin/cnd.js'), 'start', '--config', file, ...flags];
    const env = { ...process.env, KUBECONFIG, XDG_STATE_HOME: home };
    const child = spawn(process.execPath, args, { stdio: 'inherit', env });
    // Ctrl-C reaches the child by itself: it is in the foreground, too.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
    const code = await new Promise<number>((resolve) => {
      child.on('close', (status) => resolve(status ?? 1));
    });
    const left = (await cluster.kubectl(['-n', 'rehearsal', 'get', 'jobs,pods', '-o', 'name'])).trim();
    say(left === '' ? '\nNothing is left on the cluster.' : `\nLeft on the cluster: ${left}`);
    return code;
  } finally {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

offerHelp(import.meta.url);
process.exitCode = await rehearse(process.argv.slice(2));
