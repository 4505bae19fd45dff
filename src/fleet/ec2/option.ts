import type { FleetTiming } from '../fleet.ts';
import type { LaunchedPlace } from '../kind.ts';
import type { OrphanKind } from '../orphan.ts';
import type { Ec2Api } from './api.ts';
import type { Ec2Settings } from './schema.ts';

/** What a fleet on EC2 is made with. */
export interface Ec2Options {
  readonly settings: Ec2Settings;
  readonly api: Ec2Api;
  readonly env: NodeJS.ProcessEnv;
  /** What runs leave behind in the same region that is not EC2's: queues. */
  readonly orphanKinds?: readonly OrphanKind[];
  /** The region, and who calls, where they are known already: with which account, and as which owners. */
  readonly where?: string;
  readonly caller?: { readonly account: string; readonly owners: ReadonlySet<string> };
  /** Where the run was launched that this is opened for. */
  readonly place?: LaunchedPlace;
  /** False: nothing was ever launched here from this machine. */
  readonly isUsed?: boolean;
  readonly timing?: Partial<FleetTiming>;
}

/** The numbers of T on EC2 (DESIGN.md); poll and settle by the eventual consistency that EC2's API reference warns of. */
export const ec2Timing: FleetTiming = { reserve: 20, grace: 60, boot: 30, poll: 2, settle: 10 };
