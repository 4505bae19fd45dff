import type { SettingName } from '../kind.ts';

/** The settings of the embedded fleet that have a flag. */
export const localSettingNames: readonly SettingName[] = [
  {
    key: 'local.threads',
    flag: 'threads',
    variable: 'CND_THREADS',
    describe: 'threads on each local instance [default: the cores, divided among them]',
  },
];
