import { Random } from '../random.ts';
import {
  type Action,
  type Fault,
  type Scenario,
  type Signal,
  type Target,
  clusterParts,
  hasFault,
  moments,
} from '../scenario.ts';

/** The scenario of a seed on a cluster: pods end, parts of the cluster are killed, connections are cut, controllers too. Pure. */
export function podScenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  const instances = random.pick([1, 2, 2, 3, 4]);
  const scenario: Scenario = {
    seed,
    fleet: 'kubernetes',
    instances,
    timeLimit: random.integer(34, 40),
    difficulty: random.pick([2, 4, 16, 16, 16]),
    smallest: random.chance(0.4),
    from: random.pick([0, 0, 1, 999_999]),
    size: random.pick([5000, 60_000, 60_000, 250_000, 50_000_000, 50_000_000]),
    chunk: random.pick([1000, 7777, 20_000]),
    kernel: random.chance(0.85)
      ? 'honest'
      : random.pick(['die', 'false-hit', 'foreign-hit', 'wrong-done', 'garbage', 'hang']),
    agent: 'own',
    output: random.pick(['json', 'json', 'json', 'plain', 'quiet', 'terminal']),
    pace: random.chance(0.2) ? random.pick([2000, 10_000]) : 0,
    replace: false,
    companion: random.chance(0.05),
    faults: Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => faultOf(random)),
  };
  // Whoever takes a run up needs time of its own; so does what was cut off.
  const isLong = hasFault(scenario, 'resume') || isExclusive(scenario);
  return { ...scenario, timeLimit: scenario.timeLimit + (isLong ? 8 : 0) };
}

/** Whether it does something to the cluster that others on it feel: those that are played beside it must be prepared for just that. Pure. */
export function isExclusive(scenario: Pick<Scenario, 'faults'>): boolean {
  return hasFault(scenario, 'part') || hasFault(scenario, 'drain');
}

function faultOf(random: Random): Fault {
  const action = actionOf(random);
  const isOfPod = action.do === 'pod' || (action.do === 'signal' && action.target !== 'controller');
  const at = isOfPod
    ? random.pick<Fault['at']>([
        'instance.running',
        'instance.uploaded',
        'instance.searching',
        'search.all',
        'search.all',
      ])
    : random.pick(moments);
  return { at, delay: random.pick([0, 0, 20, 200, 1000, 3000]), action };
}

function actionOf(random: Random): Action {
  const which = random.integer(0, 9);
  if (random.chance(0.15))
    return { do: 'resume', after: random.pick([0, 200, 1000, 3000]), count: random.pick([1, 1, 1, 2, 4]) };
  if (random.chance(0.22))
    return { do: 'part', part: random.pick(clusterParts), after: random.pick([0, 0, 1, 3, 8]) };
  if (random.chance(0.03)) return { do: 'drain', resume: random.pick([0, 3000]) };
  if (random.chance(0.25))
    return { do: 'pod', how: random.pick(['delete', 'force-delete', 'evict', 'oom', 'oom-agent']), which };
  if (random.chance(0.3)) {
    const what = random.pick(['cut', 'cut', 'delay', 'half-open', 'reset', 'reset'] as const);
    return { do: what, resume: random.pick([200, 1000, 3000, 7000]) };
  }
  if (random.chance(0.7)) {
    const target = random.pick<Target>(['controller', 'controller', 'agent', 'attach', 'kernel', 'switch']);
    const signal =
      target === 'controller'
        ? random.pick<Signal>(['SIGKILL', 'SIGSTOP', 'SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP'])
        : random.pick<Signal>(['SIGKILL', 'SIGSTOP', 'SIGTERM']);
    const goesOn = target === 'controller' || random.chance(0.6);
    return { do: 'signal', target, signal, which, ...(goesOn && { resume: random.pick([50, 1000, 3000]) }) };
  }
  return {
    do: random.pick([
      'close-output',
      'stall-output',
      'scram',
      'scram',
      'ps',
      'remove-state',
      'quota',
      'namespace',
    ]),
  };
}
