import type { z } from 'zod';
import type { AwsSettings } from '../aws/client.ts';
import type { BroadcastChoice } from '../broadcast/registry.ts';
import type { InstancePrice } from '../cost.ts';
import type { Fleet } from './fleet.ts';
import type { Preflight } from './preflight.ts';

/** One setting that has a flag and an environment variable of its own besides its key in cnd.config.json. */
export interface SettingName {
  /** Key in cnd.config.json; of a group, with a dot: `ec2.region`. */
  readonly key: string;
  readonly flag: string;
  readonly alias?: string;
  /** `CND_KERNEL` names a program to agents, so the kernel has no variable. */
  readonly variable?: string;
  readonly boolean?: true;
  readonly describe: string;
  /** Makes the setting of a flag's or variable's text (`true` of a flag without a value), where that is not the same. */
  readonly read?: (text: string) => unknown;
  /** What else it is for than its fleet, by the key of the setting that makes it so: `logs.bucket`. */
  readonly alsoFor?: string;
}

/** What settings are made complete with. */
export interface ConfigPlace {
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** False: ~/.ssh/config is not to be read. */
  readonly sshConfig?: boolean;
}

/** Where `ps` and `scram` look; by default everywhere. */
export interface FleetFilter {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** Of Kubernetes. */
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly allNamespaces?: boolean | undefined;
  /** Something is looked for by its name: the current place is asked for as long as those that were launched in. */
  readonly isNamedRun?: boolean | undefined;
}

/** What is kept of a run that was launched: the settings of its fleet, and its handle (`Fleet.handle`), if it has one. */
export interface KeptLaunch {
  readonly settings: unknown;
  readonly handle: unknown;
}

/** What fleets of a kind there are that may hold something of this user. */
export interface OpenedFleets {
  readonly fleets: readonly Fleet[];
  readonly unreachable: readonly { readonly fleet: string; readonly error: unknown }[];
  /** What was not looked at, and why there is no need to. */
  readonly skipped: readonly string[];
}

/** A setting of a fleet that does not go with another. */
export interface Mismatch {
  /** Below the fleet's own settings. */
  readonly path: readonly PropertyKey[];
  /** The end of a sentence that tells the setting's value. */
  readonly error: string;
  readonly hint: string;
}

/** A kind of machine that a fleet can launch, as a plan compares them. */
export interface MachineKind {
  readonly name: string;
  /** Threads that search on one. */
  readonly cores: number;
  readonly market: 'on demand' | 'spot' | 'own';
  /** What one costs at most; undefined where it is not known. */
  readonly price: InstancePrice | undefined;
  readonly priceBasis?: string;
  /** Nonces per second of one, and where that is from; absent where it is not known. */
  readonly rate?: number;
  readonly rateBasis?: string;
  /** How many there are; absent: any number. */
  readonly most?: number;
  /** Why there are none of this kind. */
  readonly missing?: string;
  /** What one should know of where these figures are from. */
  readonly note?: string;
}

/** What the kinds of machines are asked for. */
export interface MachineRequest {
  /** The scheme of the puzzle. */
  readonly scheme: string;
  readonly kernel: 'auto' | 'python';
  /** Also those of the market that the settings do not choose: on demand, or spot. */
  readonly allMarkets: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Milliseconds for what is asked of others. */
  readonly timeout: number;
}

/** What a broadcast is chosen from. */
export interface BroadcastContext {
  readonly fleet: Fleet;
  readonly preflight: Preflight | undefined;
  readonly expiresAt: Date;
  /** The scheme of the puzzle. */
  readonly scheme: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Where a run was launched, as its live state tells. */
export interface LaunchedPlace {
  /** See `Fleet.where`. */
  readonly where?: string | undefined;
  /** See `Fleet.account`. */
  readonly account?: string | undefined;
}

/** A kind of fleet: all that the rest of cnd knows of it by name, in one place. One line in the registry adds it. */
export interface FleetKindOf<Schema extends z.ZodObject, Config> {
  /** What `--fleet` calls it, and the key of its settings. */
  readonly name: string;
  readonly schema: Schema;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly settings: readonly SettingName[];
  /** A right value of a setting, by its key, for errors; with its flag where it has one. */
  readonly examples: Readonly<Record<string, string>>;
  /** What stands commented out in the template of cnd.config.json, by key, for a setting without a default. */
  readonly template: Readonly<Record<string, unknown>>;
  /** The keys that are valid below a path in its settings (`['jump']`), for suggestions; absent: none. */
  keysAt?(path: readonly PropertyKey[]): readonly string[];
  /** Whether giving these settings means this fleet, where no fleet is named. */
  isImpliedBy?(settings: unknown): boolean;
  /** The number of instances where none is given; undefined: it must be. */
  count?(settings: unknown): number | undefined;
  /** Its instances are machines that live on: they are released, not terminated. */
  readonly releases?: true;
  /**
   * Which of its own settings a run that resumes another takes from the record of that: what machines there are, never how they
   * are reached; and the key of the one that says which part of the fleet. Absent: none.
   */
  readonly kept?: { readonly keys: readonly string[]; readonly where?: string };
  /** A context or a namespace is one of its: a filter that names one means no other kind. */
  readonly inClusters?: true;
  /** Its instances cost money. */
  readonly isPaid?: true;
  /** The most instances there can be; undefined: any number. */
  most?(settings: z.output<Schema>): number | undefined;
  /** What of its settings does not go with so many instances: where it is below them, and what is wrong with it. */
  mismatch?(settings: z.output<Schema>, instances: number): Mismatch | undefined;
  /** The settings as the fleet takes them: paths absolute. @throws UsageError */
  config(settings: z.output<Schema>, place: ConfigPlace): Config;
  /** What a plan compares; absent: one kind of machine, which costs nothing. Rejects only if the signal aborts. */
  machines?(config: Config, request: MachineRequest): Promise<readonly MachineKind[]>;
  /** Where and as whom AWS is called, if its settings say so. */
  aws?(config: Config): AwsSettings;
  /** The user's own tags, for what is created on AWS. */
  tags?(config: Config): Readonly<Record<string, string>> | undefined;
  /** Where hits are announced; absent: within this process. */
  broadcast?(config: Config, context: BroadcastContext): BroadcastChoice;
  /**
   * Makes the fleet. What a run needs is imported when it is chosen.
   * @throws UsageError when the fleet cannot be used as it is configured; nothing was contacted then.
   */
  open(config: Config, env: NodeJS.ProcessEnv): Promise<Fleet>;
  /** As `open`, for a run that was launched already (`Fleet.recover`), in the part of the fleet that it is in; absent: `open` does. */
  reopen?(config: Config, env: NodeJS.ProcessEnv, place: LaunchedPlace): Promise<Fleet>;
  /** What `Fleet.where` names, to look there and nowhere else; absent: a region. Pure. */
  placeOf?(where: string): FleetFilter;
  /**
   * What is kept of a run, for where it is said to be reached now: a context of another name. Absent: there is one way alone. Pure.
   * @throws UsageError where it cannot be that run.
   */
  relocate?(kept: KeptLaunch, place: FleetFilter): KeptLaunch;
  /** Every fleet of this kind that may hold something of this user, whatever the configuration says. */
  openAll(env: NodeJS.ProcessEnv, filter: FleetFilter): Promise<OpenedFleets>;
}

/** A kind of fleet as the registry has it: what its own settings are, only the kind itself knows. */
export type FleetKind = FleetKindOf<z.ZodObject, unknown>;

/** Makes a kind fit for the registry. Its settings come back to it as its own schema has judged them. */
export function fleetKind<Schema extends z.ZodObject, Config>(kind: FleetKindOf<Schema, Config>): FleetKind {
  return kind;
}
