import { settingNames } from '../../config/setting.ts';
import { fleetSettings } from '../../fleet/setting.ts';
import { type Flag, type ValueKind, configFlag, verboseFlag } from '../command.ts';

/** Settings whose values can be completed. */
const values: Readonly<Record<string, ValueKind>> = {
  fleet: 'fleet',
  scheme: 'scheme',
  unit: 'unit',
  kernel: 'kernel',
};

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
      ...(alias && { alias }),
      ...(boolean && { boolean }),
      ...(kind && { values: kind }),
    };
  }),
  {
    name: 'confidence',
    describe: 'with --N auto: the probability of success by T that is wanted [default: 0.95]',
  },
  { name: 'yes', boolean: true, describe: 'launch without asking; --max-cost still bounds the cost' },
  {
    name: 'detach',
    boolean: true,
    describe:
      'with --fleet kubernetes: launch, and exit; the run searches by itself, see cnd attach and cnd resume',
  },
  { name: 'dry-run', boolean: true, describe: 'show the plan and launch nothing' },
  { name: 'json', boolean: true, describe: 'events on stdout, one JSON object per line' },
  { name: 'plain', boolean: true, describe: 'plain lines instead of the live view' },
  { name: 'quiet', boolean: true, describe: 'only warnings and errors on stderr' },
  {
    name: 'web',
    boolean: true,
    describe: 'serve the live report to browsers of this machine; its address is on stderr',
  },
  verboseFlag,
  configFlag,
];
