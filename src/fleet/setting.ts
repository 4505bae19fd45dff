import { ec2SettingNames } from './ec2/setting.ts';
import { hostsSettingNames } from './hosts/setting.ts';
import type { FleetKind } from './kind.ts';
import { kubernetesSettingNames } from './kubernetes/setting.ts';
import { localSettingNames } from './local/setting.ts';

/**
 * What the command line knows of the kinds of fleets, in the order of the registry: names alone, so that `cnd --help` and the
 * completion wait for no schema.
 */
export const fleetSettings: readonly Pick<FleetKind, 'name' | 'settings'>[] = [
  { name: 'local', settings: localSettingNames },
  { name: 'hosts', settings: hostsSettingNames },
  { name: 'ec2', settings: ec2SettingNames },
  { name: 'kubernetes', settings: kubernetesSettingNames },
];
