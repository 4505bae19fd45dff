import { type Ec2Settings, ec2Defaults, ec2Schema } from '../../config/ec2-schema.ts';
import { CndError } from '../../error.ts';
import { regionFromEnvironment } from '../../aws/client.ts';
import type { Leftover } from '../leftover.ts';
import { type Ec2Api, sdkApi } from './api.ts';
import { Ec2Fleet } from './ec2.ts';
import { ec2Error } from './fault.ts';
import { type Identity, findIdentity } from './identity.ts';
import { type Use, hasAwsAccount, readUses } from './use.ts';

/** Where to look, and as whom; by default everywhere, as everybody that this user has launched as. */
export interface Search {
  readonly env: NodeJS.ProcessEnv;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** Makes what finds things in a region that are not EC2's. */
  readonly leftovers: (settings: Ec2Api['settings']) => readonly Leftover[];
  /** Makes the clients of a region. */
  readonly makeApi?: (settings: Ec2Api['settings'], env: NodeJS.ProcessEnv) => Ec2Api;
}

/** A fleet for every region that was found, and what could not be asked. */
export interface Everywhere {
  readonly fleets: readonly Ec2Fleet[];
  readonly unreachable: readonly { readonly fleet: string; readonly error: unknown }[];
  /** Why nothing was asked, when nothing needs to be: this user never launched on EC2. */
  readonly skipped?: string;
}

/** Asked which regions there are, when nothing here names one. It is enabled in every account. */
const lastResort = 'us-east-1';

/** The fleets on EC2 in all enabled regions, of the caller's account and of those of profiles used before. Never rejects. */
export async function ec2Everywhere(search: Search): Promise<Everywhere> {
  const { env, region, profile } = search;
  const uses = await readUses(env);
  const asked = region !== undefined || profile !== undefined;
  if (!asked && uses.length === 0 && !hasAwsAccount(env)) {
    return { fleets: [], unreachable: [], skipped: 'ec2: no AWS account is set up here' };
  }
  const profiles = profile === undefined ? [undefined, ...uses.map((use) => use.profile)] : [profile];
  const seen = new Set<string>();
  const fleets: Ec2Fleet[] = [];
  const failures: { profile: string | undefined; error: unknown }[] = [];
  for (const name of new Set(profiles)) {
    try {
      const home = region ?? homeRegion(name, uses, env);
      const { identity, regions } = await lookAround(search, name, home);
      if (seen.has(identity.owner)) continue;
      seen.add(identity.owner);
      fleets.push(...regions.map((where) => fleetIn(where, name, identity, search)));
    } catch (error) {
      failures.push({ profile: name, error });
    }
  }
  // The default credentials may be none at all where only profiles are used: what was launched was so with a profile.
  const needed = failures.filter(
    ({ profile: name }) => asked || name !== undefined || usedAs(uses, undefined),
  );
  const unreachable = needed.map(({ profile: name, error }) => {
    return { fleet: name === undefined ? 'ec2' : `ec2 (profile ${name})`, error };
  });
  const [first] = failures;
  if (fleets.length > 0 || unreachable.length > 0 || !first) return { fleets, unreachable };
  const reason = first.error instanceof CndError ? first.error.message : String(first.error);
  return { fleets, unreachable, skipped: `ec2, where nothing was ever launched from here: ${reason}` };
}

async function lookAround(
  { env, region, makeApi = sdkApi }: Search,
  profile: string | undefined,
  home: string | undefined,
): Promise<{ identity: Identity; regions: string[] }> {
  const api = makeApi({ region: home, profile }, env);
  const [identity, regions] = await Promise.all([
    findIdentity(api),
    region === undefined ? enabledRegions(api) : [region],
  ]);
  return { identity, regions };
}

/** The regions that are enabled in the account: by default DescribeRegions leaves out the others. */
async function enabledRegions(api: Ec2Api): Promise<string[]> {
  try {
    const { Regions = [] } = await (await api.ec2()).describeRegions({});
    return Regions.flatMap(({ RegionName }) => RegionName ?? []).toSorted();
  } catch (error) {
    const { region, profile } = api.settings;
    const what = 'EC2 cannot be asked for its regions';
    throw ec2Error(error, { what, about: 'ec2', region, profile, rights: 'ec2:DescribeRegions' });
  }
}

function fleetIn(where: string, profile: string | undefined, identity: Identity, search: Search): Ec2Fleet {
  const { env, leftovers, makeApi = sdkApi } = search;
  const settings: Ec2Settings = ec2Schema.parse({ ...ec2Defaults, region: where, profile });
  const api = makeApi({ region: where, profile }, env);
  return new Ec2Fleet({ settings, api, env, where, identity, leftovers: leftovers(api.settings) });
}

/** Any region will do to be told of the others; the profile's is found by the SDK. */
function homeRegion(
  profile: string | undefined,
  uses: readonly Use[],
  env: NodeJS.ProcessEnv,
): string | undefined {
  return regionFromEnvironment(env) ?? uses.find((use) => use.profile === profile)?.region ?? lastResort;
}

function usedAs(uses: readonly Use[], profile: string | undefined): boolean {
  return uses.some((use) => use.profile === profile);
}
