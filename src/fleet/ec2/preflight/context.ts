import type { FleetTiming } from '../../fleet.ts';
import type { Ec2Api } from '../api.ts';
import type { Prerequisites } from '../launch/prerequisite.ts';
import type { Ec2Settings } from '../schema.ts';

/** What the checks of a launch on EC2 act on. */
export interface PreflightContext {
  readonly api: Ec2Api;
  readonly settings: Ec2Settings;
  readonly timing: FleetTiming;
  readonly prerequisites: Prerequisites;
  readonly env: NodeJS.ProcessEnv;
}
