import { regionFromEnvironment } from '../../../aws/client.ts';
import { type Ec2Settings, ec2Defaults, ec2Schema } from '../schema.ts';
import { messageOf } from '../../../error.ts';
import { unlessAborted, withDeadline } from '../../../wait.ts';
import type { OrphanKind } from '../../orphan.ts';
import { type Ec2Api, regionOf, sdkApi } from '../api.ts';
import { Ec2Fleet } from '../ec2.ts';
import { ec2Error } from '../error.ts';
import { findIdentity } from '../identity.ts';
import { withForgetting } from './forget.ts';
import { type LaunchRecord, hasAwsAccount, readLaunchHistory } from './launch-history.ts';

/** Where to look, and as whom; by default everywhere, as everybody that this user has launched as. */
export interface RegionSearch {
  readonly env: NodeJS.ProcessEnv;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** Makes what finds things in a region that are not EC2's. */
  readonly orphanKinds: (settings: Ec2Api['settings']) => readonly OrphanKind[];
  /** Makes the clients of a region. */
  readonly makeApi?: (settings: Ec2Api['settings'], env: NodeJS.ProcessEnv) => Ec2Api;
}

/** A fleet for every region that was found, and what could not be asked. */
export interface AllRegions {
  readonly fleets: readonly Ec2Fleet[];
  readonly unreachable: readonly Unreachable[];
  /** Why nothing was asked, when nothing needs to be: this user never launched on EC2. */
  readonly skipped?: string;
}

interface Unreachable {
  readonly fleet: string;
  readonly error: unknown;
}

/** An account, as the first profile that leads to it sees it. */
interface Account {
  readonly number: string;
  readonly profile: string | undefined;
  /** Who the user is there, with any of the profiles. */
  readonly owners: Set<string>;
  readonly api: Ec2Api;
  readonly home: string;
}

/** Milliseconds in which a profile must have told who it is: one that hangs must not hold up all the others. */
const timeout = 15_000;

/** Asked which regions there are, when nothing names one. It is enabled in every account. */
const lastResort = 'us-east-1';

/** The fleets on EC2 in all enabled regions, of the caller's account and of those of profiles used before. Never rejects. */
export async function ec2AllRegions(search: RegionSearch): Promise<AllRegions> {
  const { env, region, profile } = search;
  const noted = await readLaunchHistory(env).catch((error: unknown) => ({ error }));
  const launches = Array.isArray(noted) ? noted : [];
  const forgotten = Array.isArray(noted) ? [] : [{ fleet: 'ec2', error: noted.error }];
  const asked = region !== undefined || profile !== undefined;
  if (!asked && forgotten.length > 0 && !hasAwsAccount(env)) return { fleets: [], unreachable: forgotten };
  if (!asked && launches.length === 0 && !hasAwsAccount(env)) {
    return { fleets: [], unreachable: [], skipped: 'ec2: no AWS credentials are configured' };
  }
  // Those that were launched with first: where two lead to the same account, they may do what it takes there.
  const known = [...launches.map((launch) => launch.profile), undefined];
  const profiles = new Set(profile === undefined ? known : [profile]);
  const { accounts, failures } = await findAccounts(search, [...profiles], launches);
  const looked = await Promise.all(accounts.map(async (account) => lookAround(account, search, launches)));
  // The default credentials may be none at all where only profiles are used: what was launched was so with a profile.
  const needed = failures.filter(({ name }) => asked || name !== undefined || usedAs(launches, undefined));
  const unreachable = [
    // Whoever names a region or profile has said where to look.
    ...(asked ? [] : forgotten),
    ...needed.map(({ name, error }) => ({
      fleet: name === undefined ? 'ec2' : `ec2 (profile ${name})`,
      error: asked ? error : withForgetting(error, name, launches),
    })),
  ];
  const fleets = looked.flatMap((one) => one.fleets);
  const unseen = looked.flatMap((one) => one.unseen);
  const [first] = failures;
  if (fleets.length > 0 || unreachable.length > 0 || !first)
    return { fleets, unreachable: [...unreachable, ...unseen] };
  const reason = messageOf(first.error);
  return {
    fleets,
    unreachable,
    skipped: `ec2, where nothing was ever launched from this machine: ${reason}`,
  };
}

/** The accounts that profiles lead to, each once: the same region seen twice is the same runs. */
async function findAccounts(
  { env, region, makeApi = sdkApi }: RegionSearch,
  profiles: readonly (string | undefined)[],
  launches: readonly LaunchRecord[],
): Promise<{
  accounts: Account[];
  failures: { name: string | undefined; error: unknown }[];
}> {
  const accounts = new Map<string, Account>();
  const failures: { name: string | undefined; error: unknown }[] = [];
  const identify = async (name: string | undefined, signal: AbortSignal) => {
    const home = region ?? (await homeRegion(makeApi({ profile: name }, env), name, launches, env));
    const api = makeApi({ region: home, profile: name }, env);
    return { api, home, identity: await unlessAborted(findIdentity(api, signal), signal) };
  };
  const found = await Promise.allSettled(
    profiles.map((name) => withDeadline(timeout, undefined, (signal) => identify(name, signal))),
  );
  for (const [at, result] of found.entries()) {
    const profile = profiles[at];
    if (result.status === 'rejected') {
      failures.push({ name: profile, error: result.reason });
      continue;
    }
    const { identity, api, home } = result.value;
    const known = accounts.get(identity.account);
    if (known) known.owners.add(identity.owner);
    else {
      const owners = new Set([identity.owner]);
      accounts.set(identity.account, { number: identity.account, profile, owners, api, home });
    }
  }
  return { accounts: [...accounts.values()], failures };
}

/** A fleet for each region of an account; where they are not told, for those that are known to be used. */
async function lookAround(
  account: Account,
  search: RegionSearch,
  launches: readonly LaunchRecord[],
): Promise<{ fleets: Ec2Fleet[]; unseen: Unreachable[] }> {
  const used = launches.map((launch) => launch.region);
  const inRegions = (regions: Iterable<string>): Ec2Fleet[] =>
    [...new Set(regions)].toSorted().map((where) => fleetIn(where, account, search, used.includes(where)));
  if (search.region !== undefined) return { fleets: inRegions([search.region]), unseen: [] };
  try {
    return { fleets: inRegions(await enabledRegions(account.api)), unseen: [] };
  } catch (error) {
    const regions = [account.home, ...used];
    return { fleets: inRegions(regions), unseen: [{ fleet: 'ec2 in any other region', error }] };
  }
}

/** The regions that are enabled in the account: by default DescribeRegions leaves out the others. */
async function enabledRegions(api: Ec2Api): Promise<string[]> {
  try {
    const { Regions = [] } = await (await api.ec2()).describeRegions({});
    return Regions.flatMap(({ RegionName }) => RegionName ?? []);
  } catch (error) {
    const { region, profile } = api.settings;
    const what = 'the EC2 regions cannot be listed';
    const hint = 'check regions one by one with --region';
    throw ec2Error(error, { what, about: 'ec2', region, profile, permissions: 'ec2:DescribeRegions', hint });
  }
}

function fleetIn(where: string, account: Account, search: RegionSearch, isUsed: boolean): Ec2Fleet {
  const { env, orphanKinds, makeApi = sdkApi } = search;
  const { profile, owners, number } = account;
  const settings: Ec2Settings = ec2Schema.parse({ ...ec2Defaults, region: where, profile });
  const api = makeApi({ region: where, profile }, env);
  const caller = { account: number, owners };
  return new Ec2Fleet({ settings, api, env, where, caller, isUsed, orphanKinds: orphanKinds(api.settings) });
}

/** Any region will do to be told of the others; a policy may allow only one's own. */
async function homeRegion(
  api: Ec2Api,
  profile: string | undefined,
  launches: readonly LaunchRecord[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const named = regionFromEnvironment(env) ?? launches.find((launch) => launch.profile === profile)?.region;
  return named ?? regionOf(api).catch(() => lastResort);
}

function usedAs(launches: readonly LaunchRecord[], profile: string | undefined): boolean {
  return launches.some((launch) => launch.profile === profile);
}
