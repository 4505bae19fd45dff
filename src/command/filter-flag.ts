import type { Flag } from './command.ts';

/** The flags that narrow what `ps` and `scram` look at. */
export const filterFlags: readonly Flag[] = [
  { name: 'region', describe: 'only this region of EC2 [default: here, and all regions]' },
  { name: 'profile', describe: 'of EC2 only what this AWS profile sees' },
];
