import type { Argv } from 'yargs';
import { startOptions } from './start-options.ts';

/** The flags of `cnd doctor`: those of the start that it is to check. */
export function doctorOptions(yargs: Argv): Argv {
  return startOptions(yargs).hide('dry-run').example('cnd doctor --fleet ec2', 'would a launch on EC2 work?');
}
