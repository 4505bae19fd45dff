import { z } from 'zod';
import { Random } from './random.ts';

const targets = ['controller', 'host', 'watchdog', 'agent', 'kernel', 'guard', 'session', 'attach'] as const;
const signals = ['SIGKILL', 'SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The events of a run after which something can happen, as the journal says them. */
const moments = [
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
const calls = [
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
]);

const fault = z.object({ at: z.enum(moments), delay: z.int(), action });

/** One run (or two at once) and everything that happens to it. As JSON it can be replayed. */
export const scenario = z.object({
  seed: z.int(),
  fleet: z.enum(['local', 'hosts', 'ec2']),
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
  /** Another run in the same directories, which nothing is done to. */
  companion: z.boolean(),
  faults: z.array(fault),
});

type Target = (typeof targets)[number];
type Signal = (typeof signals)[number];
export type Action = z.infer<typeof action>;
export type Fault = z.infer<typeof fault>;
export type Scenario = z.infer<typeof scenario>;

/** Whether a fault of this kind is among a scenario's. */
export function hasFault({ faults }: Pick<Scenario, 'faults'>, kind: Action['do']): boolean {
  return faults.some(({ action }) => action.do === kind);
}

/** The scenario of a seed. Pure. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  const fleet = random.chance(0.65) ? 'local' : 'hosts';
  const difficulty = random.pick([2, 3, 4, 4, 16, 16, 16]);
  const scenario: Scenario = {
    seed,
    fleet,
    instances: random.pick([1, 2, 2, 3, 4]),
    timeLimit: random.integer(7, 10),
    difficulty,
    smallest: random.chance(0.4),
    from: random.pick([0, 0, 1, 999_999, 5_000_000]),
    size: random.pick([1, 5000, 60_000, 60_000, 250_000, 50_000_000, 50_000_000, 50_000_000]),
    chunk: random.pick([1000, 7777, 20_000, 1_000_000]),
    kernel: random.chance(0.7)
      ? 'honest'
      : random.pick(['die', 'false-hit', 'foreign-hit', 'wrong-done', 'garbage', 'hang']),
    agent: random.chance(0.85)
      ? 'own'
      : random.pick(['flood', 'flood-stderr', 'garbage', 'false-hit', 'silent', 'long-line']),
    output: random.pick(['json', 'json', 'json', 'plain', 'quiet', 'terminal', 'full']),
    companion: random.chance(0.1),
    faults: Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => faultOf(random, fleet)),
  };
  return { ...scenario, timeLimit: longEnough(scenario) };
}

/** T, such that what is cut works again while there is time left. Pure. */
function longEnough({ timeLimit, faults }: Scenario): number {
  // Whoever takes a run up needs time of its own.
  const least = hasFault({ faults }, 'resume') ? Math.max(timeLimit, 14) : timeLimit;
  // What cannot be reached is waited for, for ten seconds.
  if (hasFault({ faults }, 'power-off')) return 26;
  const longest = faults.map(({ action }) =>
    action.do === 'cut' || action.do === 'half-open' ? action.resume : 0,
  );
  return Math.max(least, ...longest.map((milliseconds) => Math.ceil(milliseconds / 1000) * 2 + 6));
}

function faultOf(random: Random, fleet: Scenario['fleet']): Fault {
  const action = actionOf(random, fleet);
  // As a rule when there is something that it can befall.
  const at = random.pick(random.chance(0.8) ? momentsOf(action) : moments);
  return { at, delay: random.pick([0, 0, 20, 200, 1000]), action };
}

/** When what a fault is about is there. */
function momentsOf(action: Action): readonly [Fault['at'], ...Fault['at'][]] {
  const isOfWorker = action.do === 'signal' && !['controller', 'host', 'watchdog'].includes(action.target);
  if (isOfWorker) return ['instance.uploaded', 'instance.searching', 'search.all', 'search.all', 'hit'];
  const isOfNetwork = ['cut', 'delay', 'half-open', 'reset', 'power-off', 'resume'].includes(action.do);
  return isOfNetwork
    ? [
        'instance.running',
        'instance.connected',
        'instance.uploaded',
        'instance.searching',
        'search.all',
        'hit',
      ]
    : moments;
}

function actionOf(random: Random, fleet: Scenario['fleet']): Action {
  if (fleet === 'hosts' && random.chance(0.3)) return networkOf(random);
  if (random.chance(0.15))
    return { do: 'resume', after: random.pick([0, 0, 200, 1000, 3000]), count: random.pick([1, 1, 1, 2, 4]) };
  if (random.chance(0.6)) {
    const own: readonly [Target, Target] = fleet === 'local' ? ['host', 'watchdog'] : ['guard', 'session'];
    const target = random.pick<Target>(['controller', 'controller', 'agent', 'attach', 'kernel', ...own]);
    const signal =
      target === 'controller'
        ? random.pick<Signal>(['SIGKILL', 'SIGSTOP', 'SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP'])
        : random.pick<Signal>(['SIGKILL', 'SIGSTOP', 'SIGTERM']);
    return {
      do: 'signal',
      target,
      signal,
      which: random.integer(0, 9),
      ...(random.chance(0.6) && { resume: random.pick([50, 1000, 3000]) }),
      ...(random.chance(0.3) && { twice: true }),
    };
  }
  if (random.chance(0.1))
    return { do: 'fill-disk', ...(random.chance(0.5) && { resume: random.pick([500, 3000]) }) };
  return {
    do: random.pick([
      'close-output',
      'stall-output',
      'scram',
      'scram',
      'ps',
      'remove-logs',
      'fill-logs',
      'read-only-logs',
      'remove-state',
      'remove-instance',
      'plant-links',
      'plant-process',
    ]),
  };
}

function networkOf(random: Random): Action {
  if (random.chance(0.15)) return { do: 'power-off', which: random.integer(0, 9) };
  return {
    do: random.pick(['cut', 'cut', 'delay', 'half-open', 'reset', 'reset']),
    ...(random.chance(0.7) && { which: random.integer(0, 9) }),
    resume: random.pick([200, 1000, 3000, 7000]),
  };
}

/** The scenario of a seed on the EC2 of the tests: what it is about is AWS. Pure. */
export function cloudScenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  return {
    seed,
    fleet: 'ec2',
    instances: random.pick([1, 2, 2, 3]),
    timeLimit: random.integer(40, 50),
    difficulty: random.pick([2, 16, 16]),
    smallest: false,
    from: 0,
    size: random.pick([60_000, 50_000_000]),
    chunk: 20_000,
    kernel: 'honest',
    agent: 'own',
    output: 'json',
    companion: false,
    faults: Array.from({ length: random.pick([1, 1, 2, 3]) }, () => cloudFaultOf(random)),
  };
}

function cloudFaultOf(random: Random): Fault {
  const delay = random.pick([0, 20, 200, 1000]);
  if (random.chance(0.6)) {
    const how = random.pick(['throttled', 'internal', 'lost-before', 'lost-after', 'hang', 'slow'] as const);
    const times = random.pick([1, 1, 2, 5]);
    const isForGood = random.chance(0.2);
    return {
      at: 'start',
      delay: 0,
      action: { do: 'api', call: random.pick(calls), how, ...(!isForGood && { times }) },
    };
  }
  const at = random.pick(moments);
  if (random.chance(0.5)) {
    const signal = random.pick<Signal>(['SIGKILL', 'SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGHUP']);
    const resume = random.pick([1000, 3000]);
    return { at, delay, action: { do: 'signal', target: 'controller', signal, which: 0, resume } };
  }
  const action = random.pick<Action>([
    { do: 'machine', how: 'spot', which: random.integer(0, 9) },
    { do: 'machine', how: 'halt', which: random.integer(0, 9) },
    { do: 'cut', resume: random.pick([1000, 7000]) },
    { do: 'scram' },
  ]);
  return { at, delay, action };
}
