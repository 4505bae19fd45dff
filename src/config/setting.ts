/** One setting that has a flag and an environment variable of its own besides its key in cnd.config.json. */
export interface SettingName {
  /** Key in cnd.config.json; of a group, with a dot: `ec2.region`. */
  readonly key: string;
  readonly flag: string;
  readonly alias?: string;
  /** `CND_KERNEL` names a program to agents, so the kernel has no variable. */
  readonly variable?: string;
  readonly boolean?: true;
  readonly describe: string;
  /** Makes the setting of a flag's or variable's text, where that is not the same. */
  readonly read?: (text: string) => unknown;
}

/** The settings a command line can give, in the order of `--help`. */
export const settingNames: readonly SettingName[] = [
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
    describe: 'fewer instances than this are not worth it [default: 1]',
  },
  {
    key: 'D',
    flag: 'D',
    alias: 'difficulty',
    variable: 'CND_DIFFICULTY',
    describe: 'leading zeros a golden digest has, in --unit',
  },
  {
    key: 'fleet',
    flag: 'fleet',
    variable: 'CND_FLEET',
    describe: 'where instances come from: local, hosts or ec2 [default: local]',
  },
  {
    key: 'hosts',
    flag: 'hosts',
    variable: 'CND_HOSTS',
    describe: 'machines that exist already: user@a,user@b:2222 (chooses the fleet hosts)',
    read: (text) => ({ list: text.split(',') }),
  },
  {
    key: 'scheme',
    flag: 'scheme',
    variable: 'CND_SCHEME',
    describe: 'hex-chain, sha256d or bitcoin [default: hex-chain]',
  },
  {
    key: 'block',
    flag: 'block',
    variable: 'CND_BLOCK',
    describe: 'printable ASCII block [default: COMSM0010cloud]',
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
    describe: 'nonces dealt at a time [default: 1000000]',
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
    key: 'maxCost',
    flag: 'max-cost',
    variable: 'CND_MAX_COST',
    describe: 'US dollars; a run that may cost more is not started',
  },
  { key: 'ec2.region', flag: 'region', describe: 'AWS region [default: as for every AWS tool]' },
  { key: 'ec2.profile', flag: 'profile', describe: 'AWS profile [default: as for every AWS tool]' },
  { key: 'ec2.types', flag: 'type', describe: 'EC2 instance types, best first [default: c7a.medium]' },
  {
    key: 'ec2.image',
    flag: 'image',
    describe: 'ubuntu-24.04, amazon-linux-2023, debian-12 or ami-… [default: ubuntu-24.04]',
  },
  {
    key: 'ec2.spot',
    flag: 'spot',
    boolean: true,
    describe: 'spot instances: cheaper, and may be taken away',
  },
];
