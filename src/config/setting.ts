/** One setting that has a flag and an environment variable of its own besides its key in cnd.config.json. */
export interface SettingName {
  /** Key in cnd.config.json, and the name of the flag unless `flag` says otherwise. */
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
    describe: 'where instances come from: local or hosts [default: local]',
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
];
