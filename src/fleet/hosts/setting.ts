import type { SettingName } from '../kind.ts';

/** The settings of machines that exist already that have a flag. */
export const hostsSettingNames: readonly SettingName[] = [
  {
    key: 'hosts',
    flag: 'hosts',
    variable: 'CND_HOSTS',
    describe: 'existing machines: user@a,user@b:2222 (implies --fleet hosts)',
    read: (text) => ({ list: text.split(',').map((host) => host.trim()) }),
  },
  {
    key: 'hosts.connectTimeout',
    flag: 'connect-timeout',
    variable: 'CND_CONNECT_TIMEOUT',
    describe: 'seconds for each step of a connection to a host [default: 5]',
  },
];
