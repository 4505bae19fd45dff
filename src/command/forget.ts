import { UsageError } from '../error.ts';
import { exitCodes } from '../event/outcome.ts';
import { printable } from '../text.ts';

/** Flags that mean something else than forgetting. */
const others = ['run', 'region', 'profile', 'context', 'namespace', 'all-namespaces', 'everyone', 'dry-run'];

/** `cnd scram --forget PROFILE`: no longer asks with an AWS profile that is gone; gives the exit code. @throws UsageError */
export async function forget(profile: string, flags: Readonly<Record<string, unknown>>): Promise<number> {
  const other = others.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (other !== undefined) {
    throw new UsageError('bad-flag', `--forget terminates nothing: it cannot be given with --${other}`, {
      about: '--forget',
      hint: `run it alone: cnd scram --forget ${profile}`,
    });
  }
  const { forgetProfile } = await import('../fleet/ec2/find/forget.ts');
  for (const { region, account, run } of await forgetProfile(profile, process.env)) {
    const where = account === undefined ? region : `${region}, account ${account}`;
    const last = run === undefined ? '' : `; its last run was ${run}`;
    process.stdout.write(printable(`forgot profile ${profile} in ${where}${last}`) + '\n');
  }
  return exitCodes.found;
}
