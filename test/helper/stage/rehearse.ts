import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { missing } from './available.ts';
import { offerHelp } from '../../../script/arguments.mjs';
import { repository } from './repository.ts';
import { Stage } from './stage.ts';

// npm run rehearse -- --N 8 --T 200 --D 2
//
// A run of `cnd start --fleet ec2` on the stage of the tests instead of AWS. All flags are those of `cnd start`.

const say = (line: string): unknown => process.stderr.write(`${line}\n`);

/** Runs cnd on a fresh stage, which takes its time nearly as EC2 does; gives its exit code. */
async function rehearse(flags: readonly string[]): Promise<number> {
  const what = missing();
  if (what !== undefined) {
    say(`The stage cannot be set up: ${what}`);
    return 2;
  }
  say(
    'Setting the stage (moto, and a machine in its own namespaces for each instance); nothing goes to AWS.',
  );
  const stage = await Stage.open({ pending: 2000, shuttingDown: 1500, bootSeconds: 2 });
  try {
    const code = await cnd(stage, flags);
    await stage.untilClean(5).catch(() => {});
    const left = await stage.orphans();
    const counts = count(stage.calls().map(({ service, action }) => `${service} ${action}`));
    const calls = [...counts].map(([name, times]) => `${times} × ${name}`);
    say(`\nOn the stage: ${stage.instances().length} instances were launched; ${calls.join(', ')}.`);
    say(left.length === 0 ? 'Nothing is left.' : `Left: ${left.join(', ')}`);
    return code;
  } finally {
    await stage.close();
  }
}

async function cnd(stage: Stage, flags: readonly string[]): Promise<number> {
  const { config } = stage;
  const file = join(stage.directory, 'cnd.config.json');
  const logs = { directory: join(process.cwd(), 'logs') };
  const ec2 = { ...config.ec2, instanceProfile: 'cnd-agent' };
  writeFileSync(file, JSON.stringify({ ...config, ec2, logs }));
  const home = join(stage.directory, 'home');
  mkdirSync(home);
  // Nothing of a rehearsal may look later as if this user had used EC2.
  const own = { XDG_STATE_HOME: join(home, 'state'), XDG_CACHE_HOME: join(home, 'cache') };
  const args = [join(repository, 'bin/cnd.js'), 'start', '--config', file, ...flags];
  const child = spawn(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, ...stage.env(), ...own },
  });
  // Ctrl-C reaches the child by itself: it is in the foreground, too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  return new Promise((resolve) => {
    child.on('close', (code) => resolve(code ?? 1));
  });
}

offerHelp(import.meta.url);
process.exitCode = await rehearse(process.argv.slice(2));

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
