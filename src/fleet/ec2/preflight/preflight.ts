import { sourceWarnings } from '../../../aws/credential/source.ts';
import { readSharedFiles } from '../../../aws/credential/profile.ts';
import { target } from '../../../session/ssh/access.ts';
import { type Check, type Preflight, type PreflightRequest } from '../../preflight.ts';
import { costOf } from '../../../cost.ts';
import { dollars, plural } from '../../../quantity.ts';
import { check } from '../../check.ts';
import { checkExpiry } from './credential-expiry.ts';
import { planSummary } from './plan-summary.ts';
import type { CallerIdentity } from '../identity.ts';
import { jumpAccess } from '../jump.ts';
import { platforms } from '../launch/image.ts';
import { type MachineImage, type MachineType, otherTypes } from '../launch/instance-type.ts';
import type { Network } from '../launch/network.ts';
import { addressPrice, instancePrice, longestPaid, replacementSurplus } from '../price/price.ts';
import type { TypePrice } from '../price/price-lookup.ts';
import type { PreflightContext } from './context.ts';
import { inform } from './information.ts';
import { checkReadAccess, checkPermissions } from './permission.ts';
import { checkScheduler } from './scheduler.ts';

/** Checks of everything that a launch needs, as many at a time as can be, and what it will cost at most. */
export async function ec2Preflight(
  context: PreflightContext,
  request: PreflightRequest,
  signal: AbortSignal,
): Promise<Preflight & { readonly account?: string; readonly prices: ReadonlyMap<string, TypePrice> }> {
  const { prerequisites, settings, api, env } = context;
  const identity = await check('identity', signal, () => prerequisites.identity(signal), identityText);
  const region = await check(
    'region',
    signal,
    () => prerequisites.region(),
    (region) => region,
  );
  // Without credentials or a region everything else fails, for the same reason.
  const both = [identity.check, region.check];
  if (!identity.value || !region.value) return { checks: both, facts: [], prices: new Map() };
  const where = region.value;
  const caller = identity.value;

  const { jump } = settings;
  const [types, image, network, source, bastion, looking, scheduler] = await Promise.all([
    check(
      'instance type',
      signal,
      () => prerequisites.types(signal),
      settings.types ? typeText : defaultText(where),
    ),
    check('image', signal, () => prerequisites.image(signal), imageText),
    check('network', signal, () => prerequisites.network(signal), networkText),
    settings.securityGroup === undefined
      ? check(
          'SSH allowed from',
          signal,
          () => prerequisites.source(signal),
          (block) => block,
        )
      : undefined,
    jump && check('jump host', signal, async () => jumpAccess({ ...settings, jump }, env), target),
    checkReadAccess(context, where, signal),
    checkScheduler(context, caller, request.timeLimit, where, signal),
  ]);
  const [first] = types.value ?? [];
  const zones = network.value?.subnets.map(({ zone }) => zone) ?? [];
  const market = { region: where, zones, spot: settings.spot, env };
  const [expiry, { quota, prices, missing }, permissions] = await Promise.all([
    checkExpiry(api, env, request.timeLimit + context.timing.grace),
    inform(context, { types: types.value ?? [], market, request }, signal),
    first && image.value && network.value
      ? checkPermissions(
          context,
          {
            types: types.value ?? [],
            image: image.value,
            network: network.value,
            owner: identity.value.owner,
          },
          where,
          signal,
        )
      : undefined,
  ]);
  const typeCheck = withMissing(types.check, settings.types ?? [], types.value ?? [], where);
  const checks = [typeCheck, ...[image, network, source, bastion].flatMap((made) => made?.check ?? [])];
  const bound = costBound(context, request, types.value ?? [], prices);
  return {
    checks: [
      ...both,
      ...callerWarnings(context),
      ...(expiry ? [expiry] : []),
      ...checks,
      ...(quota ? [quota] : []),
      ...missing,
      looking,
      ...(scheduler ? [scheduler] : []),
      ...(permissions ?? []),
    ],
    facts: planSummary(context, request, {
      where,
      identity: identity.value,
      types: settings.types ?? types.value?.map(({ name }) => name) ?? [],
      image: image.value,
      source: source?.value,
      prices,
    }),
    owner: identity.value.owner,
    account: identity.value.account,
    ...(first && { cores: first.cores * request.count, platform: platforms[first.architecture] }),
    ...bound,
    prices,
  };
}

/** Where the AWS CLI and the SDKs may not agree on who calls. */
function callerWarnings({ settings, env }: PreflightContext): Check[] {
  const warnings = sourceWarnings(settings.profile, env, readSharedFiles(env));
  return warnings.map((warning) => ({ name: 'credentials', outcome: 'warning', ...warning }));
}

/** What the dearest of the types costs for as long as an instance can live. Pure. */
function costBound(
  { settings, timing }: PreflightContext,
  { count, timeLimit, replacements = 0 }: PreflightRequest,
  types: readonly MachineType[],
  prices: ReadonlyMap<string, TypePrice>,
): Pick<Preflight, 'cost' | 'costBasis' | 'price'> {
  const unknown = types.filter(({ name }) => !prices.has(name)).map(({ name }) => name);
  const known = types.flatMap(({ name }) => {
    const price = prices.get(name);
    return price ? [{ name, ...price }] : [];
  });
  const [dearest] = known.toSorted((a, b) => b.most - a.most);
  if (!dearest || unknown.length > 0) return { costBasis: `no price is known for ${unknown.join(', ')}` };
  const publicAddress = settings.connect === 'public';
  const market = settings.spot ? 'spot' : 'on demand';
  const one = known.length > 1 ? `${dearest.name}, the most expensive of its types,` : dearest.name;
  const address = publicAddress ? ` and $${addressPrice}/h for its address` : '';
  const basis = `${one} ${market} at $${dollars(dearest.most)}/h${address}; ${dearest.source}`;
  const price = { ...instancePrice(dearest.most, publicAddress), basis };
  const seconds = longestPaid(timeLimit, timing);
  const surplus = replacementSurplus(settings.spot);
  return {
    price,
    cost: costOf(price, [
      ...Array.from({ length: count }, () => seconds),
      ...Array.from({ length: replacements }, () => surplus),
    ]),
    costBasis: `${count} × ${basis}, for at most ${Math.ceil(seconds)} s${replacements > 0 ? `, and ${surplus} s more for each of at most ${replacements} replacements` : ''}`,
  };
}

/** Tells of types that the region does not have: the others are launched instead. Pure. */
function withMissing(
  check: Check,
  names: readonly string[],
  found: readonly MachineType[],
  where: string,
): Check {
  const missing = names.filter((name) => !found.some((type) => type.name === name));
  if (check.outcome !== 'ok' || missing.length === 0) return check;
  const message = `there is no instance type ${missing.join(', ')} in ${where}; used: ${check.message}`;
  return { ...check, outcome: 'warning', message, hint: otherTypes };
}

function identityText({ arn }: CallerIdentity): string {
  return arn;
}

function typeText(types: readonly MachineType[]): string {
  return types
    .map(({ name, architecture, vcpus }) => `${name} (${architecture}, ${plural(vcpus, 'vCPU')})`)
    .join(', ');
}

/** Of a type that nobody configured it is said why it is this one. */
function defaultText(region: string): (types: readonly MachineType[]) => string {
  return (types) => `${typeText(types)}: the default in ${region}, by hashes per dollar`;
}

function imageText({ id, name, user }: MachineImage): string {
  return `${id} ${name}, login as ${user}`;
}

function networkText({ vpc, subnets }: Network): string {
  return `${vpc}: ${subnets.map(({ zone }) => zone).join(', ')}`;
}
