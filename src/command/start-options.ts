import type { Argv } from 'yargs';
import { settingNames } from '../config/setting.ts';

/** The flags of `cnd start`. Every value is taken as text: yargs would make numbers of them and lose digits. */
export function startOptions(yargs: Argv): Argv {
  for (const { flag, alias, boolean, describe } of settingNames) {
    yargs.option(flag, { type: boolean ? 'boolean' : 'string', describe, ...(alias && { alias }) });
  }
  return yargs
    .option('dry-run', { type: 'boolean', describe: 'show the plan and launch nothing' })
    .option('json', { type: 'boolean', describe: 'one event a line on stdout' })
    .option('verbose', { type: 'boolean', describe: 'say more, with stacks of errors' })
    .option('config', { type: 'string', describe: 'configuration file [default: cnd.config.json]' })
    .example('cnd start --N 8 --T 200 --D 2', 'eight instances, at most 200 s, two leading zero digits')
    .example('cnd start --N 4 --T 60 --D 6 --smallest', 'the smallest golden nonce, always the same');
}
