import { z } from 'zod';

/** The promises that have runs of their own: `npm run chaos -- --promise …`. */
export const promises = ['resume', 'loss'] as const;

const targets = [
  'controller',
  'host',
  'watchdog',
  'agent',
  'kernel',
  'guard',
  'session',
  'attach',
  'switch',
] as const;
const signals = ['SIGKILL', 'SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The events of a run after which something can happen, as the journal says them. */
export const moments = [
  'start',
  'run.planned',
  'launch.started',
  'instance.running',
  'instance.connected',
  'instance.uploaded',
  'instance.searching',
  'search.all',
  'hit',
  'search.stopped',
  'logs.pulled',
  'terminate.started',
] as const;

/** The calls of AWS that a run makes. */
export const calls = [
  'RunInstances',
  'DescribeInstances',
  'TerminateInstances',
  'CreateSecurityGroup',
  'AuthorizeSecurityGroupIngress',
  'DeleteSecurityGroup',
  'DescribeInstanceTypes',
  'DescribeSubnets',
  'CreateQueue',
  'SendMessage',
  'ReceiveMessage',
  'DeleteQueue',
] as const;

/** What a Kubernetes cluster consists of. */
export const clusterParts = [
  'apiserver',
  'etcd',
  'kubelet',
  'containerd',
  'controllers',
  'scheduler',
] as const;

/** What happens: to a process of the run, to its output, to its directories, beside it. */
const action = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('signal'),
    target: z.enum(targets),
    signal: z.enum(signals),
    /** Which of the processes of this kind, modulo their number. */
    which: z.int(),
    /** A stopped one goes on after so many milliseconds; absent: never. */
    resume: z.int().optional(),
    twice: z.boolean().optional(),
  }),
  z.object({
    /** Of the network to one host: nothing gets through, late, its connections are forgotten, or closed. */
    do: z.enum(['cut', 'delay', 'half-open', 'reset']),
    /** Which of the hosts, modulo their number; absent: all. */
    which: z.int().optional(),
    /** Milliseconds until it works again. */
    resume: z.int(),
  }),
  /** All hosts but one lose their power: their processes are gone, and nothing answers. */
  z.object({ do: z.literal('power-off'), which: z.int() }),
  z.object({ do: z.enum(['close-output', 'stall-output']) }),
  z.object({ do: z.enum(['scram', 'ps']) }),
  z.object({ do: z.enum(['remove-logs', 'fill-logs', 'read-only-logs', 'remove-state', 'remove-instance']) }),
  /** Its controller is killed, and so many milliseconds later others take the run up, `count` at once. */
  z.object({ do: z.literal('resume'), after: z.int(), count: z.int() }),
  /** A call of AWS fails. `times`: so often; absent: until the end. */
  z.object({
    do: z.literal('api'),
    call: z.enum(calls),
    how: z.enum(['throttled', 'internal', 'lost-before', 'lost-after', 'hang', 'slow']),
    times: z.int().optional(),
  }),
  /** EC2 takes an instance away, or it halts. */
  z.object({ do: z.literal('machine'), how: z.enum(['spot', 'halt']), which: z.int() }),
  /** The file system of logs, state and local instances is full. `resume`: milliseconds until there is room again. */
  z.object({ do: z.literal('fill-disk'), resume: z.int().optional() }),
  z.object({ do: z.enum(['plant-links', 'plant-process']) }),
  /** A local instance loses its power, so many seconds after its boot: its fleet has ended it, and may be asked for another. */
  z.object({ do: z.literal('dies'), which: z.int(), after: z.number() }),
  /** A part of the cluster is killed, and started again so many seconds later. */
  z.object({ do: z.literal('part'), part: z.enum(clusterParts), after: z.int() }),
  /** A pod is deleted, evicted, or runs out of memory: its first process is killed for it, or only its agent. */
  z.object({
    do: z.literal('pod'),
    how: z.enum(['delete', 'force-delete', 'evict', 'oom', 'oom-agent']),
    which: z.int(),
  }),
  /** From now on the namespace may have no pods and no Jobs; or it is deleted, with all rights in it. */
  z.object({ do: z.enum(['quota', 'namespace']) }),
  /** The only node is drained, and takes pods again so many milliseconds later. */
  z.object({ do: z.literal('drain'), resume: z.int() }),
  /** The wall clock of this machine is set, by so many seconds. */
  z.object({ do: z.literal('set-clock'), by: z.int() }),
]);

/** The names of all that can happen. */
export const faultKinds: readonly string[] = action.options.flatMap(({ shape }) =>
  'values' in shape.do ? [...shape.do.values] : shape.do.options,
);

const fault = z.object({ at: z.enum(moments), delay: z.int(), action });

/** One run (or two at once) and everything that happens to it. As JSON it can be replayed. */
export const scenario = z.object({
  seed: z.int(),
  fleet: z.enum(['local', 'hosts', 'ec2', 'kubernetes']),
  instances: z.int(),
  timeLimit: z.int(),
  difficulty: z.int(),
  smallest: z.boolean(),
  from: z.int(),
  size: z.int(),
  chunk: z.int(),
  /** Honest, or one of the misbehaviours of kernel-stand-in.py, which the first three processes have. */
  kernel: z.enum(['honest', 'die', 'false-hit', 'foreign-hit', 'wrong-done', 'garbage', 'hang']),
  /** What instance 0 has in place of its agent. */
  agent: z.enum(['own', 'flood', 'flood-stderr', 'garbage', 'false-hit', 'silent', 'long-line']),
  output: z.enum(['json', 'plain', 'quiet', 'terminal', 'full']),
  /** Nonces per second of the kernels of instance 0, and of each other one `ratio` (4) times as many as of the one before; 0: as many as they can. */
  pace: z.int().default(0),
  ratio: z.int().optional(),
  /** What it tries, and nothing else: then it must end as an undisturbed run does. */
  promise: z.enum(promises).optional(),
  /** Whether instances that their fleet has ended are replaced. */
  replace: z.boolean().default(false),
  /** Another run in the same directories, which nothing is done to. */
  companion: z.boolean(),
  faults: z.array(fault),
});

export type Target = (typeof targets)[number];
export type Signal = (typeof signals)[number];
export type Action = z.infer<typeof action>;
export type Fault = z.infer<typeof fault>;
export type Scenario = z.infer<typeof scenario>;

/** Whether a fault of this kind is among a scenario's. */
export function hasFault({ faults }: Pick<Scenario, 'faults'>, kind: Action['do']): boolean {
  return faults.some(({ action }) => action.do === kind);
}

/** Whether hosts redo slices of each other before a proof, which their kernels record as well; on other fleets nothing is redone. */
export function isAudited({ fleet, seed }: Pick<Scenario, 'fleet' | 'seed'>): boolean {
  return fleet === 'hosts' && seed % 2 === 1;
}
