import { Random } from './random.ts';
import {
  type Action,
  type Fault,
  type Scenario,
  type Signal,
  type Target,
  hasFault,
  moments,
} from './scenario.ts';

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
    pace: 0,
    replace: false,
    faults: Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => faultOf(random, fleet)),
  };
  const whole = withUnequal(scenario, new Random(seed ^ 0x5bd1e995));
  return { ...whole, timeLimit: longEnough(whole) };
}

/** With what makes work move: a slow kernel, an instance that does not answer for long, one that is lost and replaced; and a clock that is set. */
function withUnequal(scenario: Scenario, random: Random): Scenario {
  const { fleet, instances } = scenario;
  const faults = [...scenario.faults];
  const isSmall = random.chance(0.5);
  const pace = random.chance(0.25) ? random.pick([2000, 10_000]) : 0;
  const isSilent = instances > 1 && random.chance(0.1);
  if (isSilent) {
    const which = random.integer(0, 9);
    const action: Action = { do: 'signal', target: 'agent', signal: 'SIGSTOP', which, resume: 9000 };
    faults.push({ at: 'search.all', delay: random.pick([0, 200, 1000]), action });
  }
  const replace = fleet === 'local' && random.chance(0.2);
  if (replace)
    faults.push({
      at: 'start',
      delay: 0,
      action: { do: 'dies', which: random.integer(0, 9), after: random.pick([1, 2, 4]) },
    });
  if (random.chance(0.1)) {
    const by = random.pick([-86_400, -7, 3, 7, 86_400]);
    faults.push({
      at: random.pick(moments),
      delay: random.pick([0, 200, 1000]),
      action: { do: 'set-clock', by },
    });
  }
  const size = (pace > 0 || isSilent) && isSmall ? random.pick([5000, 60_000]) : scenario.size;
  return { ...scenario, size, pace, replace, faults };
}

/** T, such that what is cut works again while there is time left. Pure. */
function longEnough({ timeLimit, faults }: Scenario): number {
  // Whoever takes a run up needs time of its own.
  const isLong = hasFault({ faults }, 'resume') || hasFault({ faults }, 'dies');
  const least = isLong ? Math.max(timeLimit, 14) : timeLimit;
  // What cannot be reached is waited for, for ten seconds.
  if (hasFault({ faults }, 'power-off')) return 26;
  const longest = faults.map(({ action }) => {
    if (action.do === 'signal') return (action.resume ?? 0) > 5000 ? (action.resume ?? 0) : 0;
    return action.do === 'cut' || action.do === 'half-open' ? action.resume : 0;
  });
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
