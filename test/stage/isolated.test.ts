import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Workspace, endlessFlags, workspace } from '../helper/cnd.ts';
import { orphans, untilGone } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { repository } from '../helper/stage/repository.ts';
import { isolated } from '../helper/stage/isolated.ts';

describe.runIf(hasStage())('what runs isolated', () => {
  let place: Workspace;
  beforeEach(() => {
    place = workspace();
  });
  afterEach(() => place.remove());

  test('sees no process of anybody else: no run on this machine, above all', async () => {
    const processes = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done';
    const { code, stdout } = await isolated(['/bin/sh', '-c', processes], '/', process.env);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/node|vitest/);
    // Nothing is terminated here: a dry run tells what would be.
    const cnd = place.start(['start', '--N', '2', '--T', '60', ...endlessFlags.split(' '), '--json']);
    const { run } = await cnd.event('search.all');
    const scram = [process.execPath, `${repository}/bin/cnd.js`, 'scram', '--dry-run', '--run', run];
    // Whatever AWS this user has is none of this test's business.
    const elsewhere = {
      ...process.env,
      XDG_STATE_HOME: `${place.directory}/other`,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const seen = await isolated(scram, '/', elsewhere);
    expect(seen.stdout).toMatch(/^dry run: (0|no) runs? would be ended/);
    expect(orphans(run).length).toBeGreaterThan(0);
    cnd.child.kill('SIGINT');
    await cnd.ended;
    await untilGone(run);
  });
});
