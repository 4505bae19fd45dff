import type { FleetKind, SettingName } from '../fleet/kind.ts';
import { alternatives } from '../text.ts';

/** The common settings that a command line can give, in the order of `--help`. */
const commonNames: readonly SettingName[] = [
  { key: 'N', flag: 'N', alias: 'instances', variable: 'CND_INSTANCES', describe: 'instances to launch' },
  {
    key: 'T',
    flag: 'T',
    alias: 'time-limit',
    variable: 'CND_TIME_LIMIT',
    describe: 'seconds until everything is terminated, at most 86400',
  },
  {
    key: 'minN',
    flag: 'min-N',
    variable: 'CND_MIN_INSTANCES',
    describe: 'fewest instances to start with [default: 1]',
  },
  {
    key: 'D',
    flag: 'D',
    alias: 'difficulty',
    variable: 'CND_DIFFICULTY',
    describe: 'leading zeros of a golden digest, in --unit',
  },
  {
    key: 'fleet',
    flag: 'fleet',
    variable: 'CND_FLEET',
    describe: 'where instances come from: $FLEETS [default: local]',
  },
  {
    key: 'scheme',
    flag: 'scheme',
    variable: 'CND_SCHEME',
    describe: 'hex-chain, sha256d, sha256 or bitcoin [default: hex-chain]',
  },
  {
    key: 'block',
    flag: 'block',
    variable: 'CND_BLOCK',
    describe: 'printable ASCII block [default: COMSM0010cloud]',
  },
  {
    key: 'template',
    flag: 'template',
    variable: 'CND_TEMPLATE',
    describe: 'text that is hashed, of {block}, {nonce} or {nonce:x}, and fixed text [default: by scheme]',
  },
  {
    key: 'prefix',
    flag: 'prefix',
    variable: 'CND_PREFIX',
    describe: 'instead of --D: hex digits that a golden digest begins with',
  },
  {
    key: 'suffix',
    flag: 'suffix',
    variable: 'CND_SUFFIX',
    describe: 'instead of --D: hex digits that a golden digest ends with',
  },
  {
    key: 'digest',
    flag: 'digest',
    variable: 'CND_DIGEST',
    describe: 'instead of --D: the golden digest itself, 64 hex digits',
  },
  {
    key: 'unit',
    flag: 'unit',
    variable: 'CND_UNIT',
    describe: 'digits, bits or bits-lsb [default: by scheme]',
  },
  {
    key: 'header',
    flag: 'header',
    variable: 'CND_HEADER',
    describe: 'block header of 160 hex digits, for bitcoin',
  },
  { key: 'from', flag: 'from', variable: 'CND_FROM', describe: 'first nonce [default: 0]' },
  {
    key: 'limit',
    flag: 'limit',
    variable: 'CND_LIMIT',
    describe: 'the nonce after the last [default: 4294967296]',
  },
  {
    key: 'chunk',
    flag: 'chunk',
    variable: 'CND_CHUNK',
    describe: 'nonces assigned at a time [default: 1000000, fewer where the space is small]',
  },
  {
    key: 'smallest',
    flag: 'smallest',
    variable: 'CND_SMALLEST',
    boolean: true,
    describe: 'find the smallest golden nonce, and prove it',
  },
  { key: 'kernel', flag: 'kernel', describe: 'auto (the fastest that works) or python [default: auto]' },
  {
    key: 'linger',
    flag: 'linger',
    variable: 'CND_LINGER',
    describe: 'seconds an instance searches on when its connection is lost [default: 120]',
  },
  {
    key: 'audit',
    flag: 'audit',
    variable: 'CND_AUDIT',
    describe:
      'part of the work that is checked by searching it again [default: 0; hosts: a slice each for a proof]',
  },
  {
    key: 'checkpoint',
    flag: 'checkpoint',
    variable: 'CND_CHECKPOINT',
    describe: 'seconds between checkpoints in the bucket, for another machine to resume from [default: none]',
  },
  {
    key: 'replace',
    flag: 'replace',
    variable: 'CND_REPLACE',
    boolean: true,
    describe: 'launch another instance in place of one that is lost',
  },
  {
    key: 'maxCost',
    flag: 'max-cost',
    variable: 'CND_MAX_COST',
    describe: 'US dollars; a run that may cost more is not started',
  },
  {
    key: 'confirmAbove',
    flag: 'confirm-above',
    variable: 'CND_CONFIRM_ABOVE',
    describe: 'US dollars; a run that may cost more is asked about on a terminal [default: 1]',
  },
  {
    key: 'sshConfig',
    flag: 'no-ssh-config',
    boolean: true,
    describe: 'do not read ~/.ssh/config for hosts and jump hosts',
    read: (text) => text !== 'true',
  },
];

/** The settings a command line can give, those of the fleets last. */
export function settingNames(kinds: readonly Pick<FleetKind, 'name' | 'settings'>[]): SettingName[] {
  const fleets = alternatives(kinds.map(({ name }) => name));
  return [
    ...commonNames.map((setting) =>
      Object.assign({}, setting, { describe: setting.describe.replace('$FLEETS', fleets) }),
    ),
    ...kinds.flatMap(({ settings }) => settings),
  ];
}
