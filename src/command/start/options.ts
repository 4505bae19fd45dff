import { settingNames } from '../../config/setting.ts';
import { fleetSettings } from '../../fleet/setting.ts';
import { type Arguments, type Flag, type ValueKind, configFlag, verboseFlag } from '../command.ts';

/** Settings whose values can be completed. */
const values: Readonly<Record<string, ValueKind>> = {
  fleet: 'fleet',
  scheme: 'scheme',
  unit: 'unit',
  kernel: 'kernel',
};

/** The headings of `--help`, each with the settings below it; what a fleet has of its own is below its name. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'Options:': ['N', 'T', 'minN', 'D', 'fleet'],
  'Puzzle:': ['scheme', 'block', 'template', 'prefix', 'suffix', 'digest', 'unit', 'header'],
  'Search:': ['from', 'limit', 'chunk', 'smallest', 'kernel', 'linger', 'audit', 'checkpoint', 'replace'],
  'Cost:': ['maxCost', 'confirmAbove'],
  'Local fleet:': ['local'],
  'Hosts:': ['sshConfig', 'hosts'],
  'Amazon EC2:': ['ec2'],
  'Kubernetes:': ['kubernetes'],
};

function groupOfSetting(key: string): string {
  const [first = ''] = key.split('.');
  const [group] = Object.entries(groups).find(([, keys]) => keys.includes(first)) ?? [];
  if (group === undefined) throw new TypeError(`the setting ${key} has no heading in --help`);
  return group;
}

/** The names of the flags that say what is searched for. */
export const puzzleFlags: readonly string[] = [
  'D',
  'scheme',
  'block',
  'template',
  'unit',
  'prefix',
  'suffix',
  'digest',
  'header',
];

/** The flags of `cnd start`: every setting that has one, and how the run is shown. */
export const startFlags: readonly Flag[] = [
  ...settingNames(fleetSettings).map(({ key, flag, alias, boolean, describe }): Flag => {
    const kind = values[key];
    return {
      name: flag,
      describe,
      group: groupOfSetting(key),
      ...(alias && { alias }),
      ...(boolean && { boolean }),
      ...(kind && { values: kind }),
    };
  }),
  {
    name: 'confidence',
    describe: 'with --N auto: the probability of success by T that is wanted [default: 0.95]',
    group: 'Options:',
  },
  {
    name: 'yes',
    boolean: true,
    describe: 'launch without asking; --max-cost still bounds the cost',
    group: 'Cost:',
  },
  {
    name: 'detach',
    boolean: true,
    group: 'Kubernetes:',
    describe:
      'with --fleet kubernetes: launch, and exit; the run searches by itself, see cnd attach and cnd resume',
  },
  { name: 'dry-run', boolean: true, describe: 'show the plan and launch nothing' },
  { name: 'json', boolean: true, describe: 'events on stdout, one JSON object per line', group: 'Output:' },
  { name: 'plain', boolean: true, describe: 'plain lines instead of the live view', group: 'Output:' },
  { name: 'quiet', boolean: true, describe: 'only warnings and errors on stderr', group: 'Output:' },
  {
    name: 'web',
    boolean: true,
    group: 'Output:',
    describe: 'serve the live report to browsers of this machine; its address is on stderr',
  },
  verboseFlag,
  configFlag,
];

/** The flags of a start that were given, but for some, as they were typed. Pure. */
export function typedFlags(given: Arguments, but: ReadonlySet<string>): Record<string, string | boolean> {
  return Object.fromEntries(
    startFlags.flatMap(({ name }) => {
      const value = given[name];
      return !but.has(name) && (typeof value === 'string' || value === true) ? [[name, value] as const] : [];
    }),
  );
}
