import { type Told, answers } from './answer.ts';
import { type Observation, graceOf, patience } from './play.ts';
import { promised } from './promised.ts';
import { forgotten, repetitions } from './repetition.ts';
import { type Scenario, hasFault } from './scenario.ts';

/** Megabytes that a controller may need, whatever it is sent. */
const mostMemory = 400;

/** What was promised and not kept, in words; nothing, if all is well. */
export function violations(seen: Observation): string[] {
  const { scenario, place } = seen;
  const told = ending(seen);
  return [
    ...processes(seen, told),
    ...files(seen),
    ...time(seen),
    ...words(seen, told),
    ...commands(seen),
    ...takenUp(seen, told),
    ...search(seen, told),
    ...promised(seen, told),
    ...repetitions(seen),
    ...forgotten(seen),
    ...(told ? answers(scenario, place.record, told) : []),
  ];
}

/** How the run said that it ended, on stdout or in its journal. */
export function ending({ controller, resumed, place, run, scenario }: Observation): Told | undefined {
  const said = [
    ...(scenario.output === 'json' ? [controller] : []),
    ...resumed.map((each) => each.controller),
  ]
    .map(({ heard }) => heard.ended)
    .find((event) => event !== undefined);
  return (said ?? (run === undefined ? undefined : place.journal(run).ended)) as Told | undefined;
}

function processes(seen: Observation, told: Told | undefined): string[] {
  const { scenario, leftAfterGrace, leftAfterScram, leftAtExit, workersAtExit, ended, scram, scramSaid } =
    seen;
  const found: string[] = [];
  if (leftAfterGrace.length > 0 && !isNetCut(scenario))
    found.push(`left ${graceOf(scenario)} s after T: ${leftAfterGrace.join(' | ')}`);
  if (scram && scram.code === 0 && leftAfterScram.length > 0)
    found.push(`left after a scram that exited 0: ${leftAfterScram.join(' | ')}`);
  const held = /^left on the terminal: .*/m.exec(seen.controller.stderr)?.[0];
  if (held !== undefined) found.push(held);
  // Without the namespace there is no right any more to ask what is left.
  const isKnown = !hasFault(scenario, 'remove-state') && !hasFault(scenario, 'namespace');
  if (scram && scram.code !== 0 && isKnown) found.push(`scram exits ${scram.code}: ${scramSaid.slice(-500)}`);
  if (!scram && seen.run !== undefined) found.push('scram does not end within 30 s');
  // A run that goes on with one of which nothing is known any more says nothing of what that had: its guards wait for T.
  if (ended && told?.left.length === 0 && told.run === seen.run) {
    if (workersAtExit.length > 0) found.push(`"terminated" was said while ${workersAtExit.join()} lived`);
    if (leftAtExit.length > 0) found.push(`left soon after "terminated": ${leftAtExit.join(' | ')}`);
  }
  return found;
}

/** Whether the scenario stops for ever what a run has to end itself with: only a scram can end it then. */
function isNetCut({ faults }: Scenario): boolean {
  return faults.some(
    ({ action }) =>
      action.do === 'signal' &&
      action.signal === 'SIGSTOP' &&
      action.resume === undefined &&
      ['watchdog', 'guard', 'session'].includes(action.target),
  );
}

function files({ before, after, place }: Observation): string[] {
  return before === after ? [] : [`something in ${place.victim} was changed or deleted`];
}

function time({ scenario, ended, slack, controller }: Observation): string[] {
  const found: string[] = [];
  const { timeLimit } = scenario;
  const stopped = scenario.faults.flatMap(({ action }) =>
    action.do === 'signal' && action.target === 'controller' && action.signal === 'SIGSTOP' ? [action] : [],
  );
  if (!ended && stopped.every(({ resume }) => resume !== undefined))
    found.push(`the controller was still there ${graceOf(scenario)} s after T`);
  if (ended && stopped.length === 0 && ended.seconds > timeLimit + patience(scenario) + slack)
    found.push(
      `it took ${ended.seconds.toFixed(1)} s of T=${timeLimit} (allowed: ${slack.toFixed(1)} s more)`,
    );
  if (controller.memory > mostMemory) found.push(`the controller needed ${controller.memory.toFixed(0)} MB`);
  return found;
}

function words(seen: Observation, told: Told | undefined): string[] {
  const { controller, ended, scenario } = seen;
  const found: string[] = [];
  if (/^\s+at .+:\d+:\d+\)?$/m.test(controller.stderr))
    found.push(`a stack on stderr: ${controller.stderr.slice(-600)}`);
  if (!ended || ended.signal !== null || ended.code === null) return found;
  const { code } = ended;
  // 2: nothing was launched, for its directories cannot be used.
  const isRefused =
    code === 2 && (scenario.output === 'full' || controller.said.includes('directory') || isUnreached(seen));
  if (![0, 1, 3, 4, 129, 130, 143].includes(code) && !isKilled(scenario) && !isRefused)
    found.push(`exit code ${code}: ${controller.said.slice(-600)}`);
  const isHeard =
    scenario.output !== 'full' && !hasFault(scenario, 'close-output') && !hasFault(scenario, 'stall-output');
  if (told && isHeard && told.exitCode !== code && !isKilled(scenario))
    found.push(`exit code ${code}, but run.ended says ${told.exitCode}`);
  if (told && told.exitCode !== 4 && (told.outcome === 'found') !== (told.exitCode === 0))
    found.push(`a run whose outcome is ${told.outcome} exits ${told.exitCode}`);
  if (
    code === 4 &&
    controller.stderr !== '' &&
    isHeard &&
    !/cnd scram/.test(controller.stderr + controller.stdout)
  )
    found.push(`exit code 4 without the command that ends what is left: ${controller.stderr.slice(-600)}`);
  const isHarmed = scenario.faults.some(({ action }) => action.do !== 'ps' && action.do !== 'plant-process');
  const isOwn = scenario.kernel === 'honest' && scenario.agent === 'own' && scenario.output !== 'full';
  if (!isHarmed && isOwn && code !== 0 && code !== 3 && !isInconclusive(seen))
    found.push(`exit code ${code} with nothing done to it: ${controller.stderr.slice(-600)}`);
  return found;
}

/**
 * Whether its checks met an API server that was just killed, by this run or by another on the same cluster, or a namespace that is
 * being deleted: nothing was launched.
 */
function isUnreached({ scenario, controller, run, place }: Observation): boolean {
  const isLaunched = run !== undefined && place.journal(run).names.has('launch.started');
  return (
    scenario.fleet === 'kubernetes' &&
    !isLaunched &&
    /of the context \S+ is not reached|is forbidden: User "chaos-|because it is being terminated/.test(
      controller.said,
    )
  );
}

/**
 * Whether the machine was too busy for the run to show anything: its checks took all of a T of 7 to 10 s, nothing was launched,
 * and that was said. That is what is promised, so it breaks nothing by itself; but a set of runs in which it happens often has
 * tested little, which its report says, and fails for (`mostInconclusive`).
 */
export function isInconclusive({ controller, companion }: Observation): boolean {
  return [controller, companion?.controller].some((each) =>
    each?.stderr.includes('the checks before the launch did not finish'),
  );
}

/** The part of a set of runs that may be inconclusive. */
export const mostInconclusive = 0.05;

function isKilled(scenario: Scenario): boolean {
  return scenario.faults.some(
    ({ action }) =>
      action.do === 'resume' ||
      (action.do === 'signal' && action.target === 'controller' && action.signal === 'SIGKILL'),
  );
}

function commands(seen: Observation): string[] {
  const { others, companion, scenario, slack } = seen;
  const found: string[] = [];
  for (const { controller, ended, left } of others) {
    const said = `${controller.stdout}${controller.stderr}`.slice(-400);
    if (!ended) found.push(`a command beside it does not end: ${said}`);
    else if (ended.code !== 0 && ended.code !== 4 && !hasFault(scenario, 'remove-state'))
      found.push(`a command beside it exits ${ended.code}: ${said}`);
    else if (/all (terminated|released)/.test(said) && left.length > 0)
      found.push(`left after "all terminated" of a scram: ${left.join(' | ')}`);
  }
  if (companion) {
    const { ended, controller } = companion;
    const isAlone = scenario.faults.every(({ action }) => ['signal', 'ps', 'scram'].includes(action.do));
    if (!ended) found.push('the run beside it does not end');
    else if (isAlone && ended.seconds > scenario.timeLimit + slack)
      found.push(`the run beside it took ${ended.seconds.toFixed(1)} s`);
    else if (
      isAlone &&
      scenario.kernel === 'honest' &&
      scenario.agent === 'own' &&
      !isInconclusive(seen) &&
      ![0, 3].includes(ended.code ?? -1)
    )
      found.push(`the run beside it exits ${ended.code}: ${controller.stderr.slice(-400)}`);
  }
  return found;
}

/** One takes the run up, of however many that try, within the same T; the others say why they do not. */
function takenUp(seen: Observation, told: Told | undefined): string[] {
  const { resumed, scenario, slack, place, run } = seen;
  const found: string[] = [];
  // Where its state was removed a resume begins a new run, from what the archive has of this one.
  const winners = resumed.filter(({ controller }) => controller.heard.ended?.['run'] === run);
  if (winners.length > 1) found.push(`${winners.length} say that they ended the run`);
  // A scram ends whoever drives the run with SIGTERM.
  const codes = new Set([0, 1, 2, 3, 4, ...(hasFault(scenario, 'scram') ? [143] : [])]);
  for (const { controller, ended } of resumed) {
    const said = controller.stderr.slice(-400);
    if (!ended) found.push(`a resume does not end: ${said}`);
    else if (/^\s+at .+:\d+:\d+\)?$/m.test(controller.stderr))
      found.push(`a stack on a resume's stderr: ${said}`);
    else if (ended.signal === null && !codes.has(ended.code ?? -1))
      found.push(`a resume exits ${ended.code}: ${said}`);
    else if (ended.code === 0 && controller.heard.ended?.['outcome'] !== 'found')
      found.push(`a resume exits 0 and tells of no hit: ${said}`);
  }
  const isAlone = scenario.faults.every(({ action }) => action.do === 'resume' || action.do === 'ps');
  const isOwn = scenario.kernel === 'honest' && scenario.agent === 'own' && !scenario.companion;
  if (resumed.length === 0 || !isAlone || !isOwn) return found;
  // Of a run that had not begun to launch nothing is there to be taken up, which each of them says.
  const isBegun = run !== undefined && place.journal(run).names.has('instance.launched');
  if (isBegun && winners.length === 0 && resumed.every(({ ended }) => ended?.signal === null) && slack < 5)
    found.push(
      `nobody took the run up: ${resumed.map(({ controller }) => controller.stderr.slice(-200)).join(' | ')}`,
    );
  if (told && winners.length === 1 && run !== undefined) {
    const names = place.archived(run);
    for (const name of ['run.json', 'events.ndjson'])
      if (!names.includes(name)) found.push(`a resumed run's archive has no ${name}: ${names.join()}`);
  }
  return found;
}

/** Faults after which the search goes on, if it has to be with another agent or kernel. */
const passing: ReadonlySet<string> = new Set(['reset', 'power-off', 'dies', 'ps', 'plant-process']);

/** Seconds of search in which a space of so many nonces is searched by any machine that is not too busy to show anything. */
const enough = { seconds: 5, paced: 13, afterLoss: 17, nonces: 60_000 };

/** How many nonces are searched in that time, where there are instances that are neither slowed down nor gone. */
function enoughNonces({ pace, instances, replace, faults }: Scenario): number {
  const isGone = hasFault({ faults }, 'dies') && !replace;
  if (pace > 0) return instances > 1 && !isGone ? enough.nonces : 0;
  return instances > 1 || !isGone ? enough.nonces : 0;
}

/** Nothing is searched in vain, nothing is forgotten, and no hit is lost. */
function search(seen: Observation, told: Told | undefined): string[] {
  const { scenario, place, run, controller, slack } = seen;
  const found: string[] = [];
  const { faults } = scenario;
  const isOwn = scenario.kernel === 'honest' && scenario.agent === 'own' && !scenario.companion;
  const goesOn = faults.every(({ action }) =>
    action.do === 'signal'
      ? ['agent', 'kernel', 'attach'].includes(action.target) && action.signal !== 'SIGSTOP'
      : passing.has(action.do),
  );
  const inTime = scenario.pace > 0 ? enough.paced : enough.seconds;
  const seconds = hasFault(scenario, 'power-off') ? enough.afterLoss : inTime;
  const hadTime = (told?.phases?.['search'] ?? 0) > seconds && slack < enough.seconds;
  const isEndless = told?.outcome === 'time-limit' || told?.outcome === 'unproven';
  if (isOwn && goesOn && hadTime && isEndless && scenario.size <= enoughNonces(scenario))
    found.push(`${told.outcome} of ${scenario.size} nonces: ${told.tested} tested`);
  const isReplaced =
    scenario.replace && faults.every(({ action }) => action.do === 'dies' || action.do === 'ps');
  if (isOwn && isReplaced && slack < enough.seconds && told?.outcome === 'failed')
    found.push('it failed, with an instance that was to be replaced');

  const isKept = !['remove-logs', 'fill-logs', 'read-only-logs', 'fill-disk', 'plant-links'].some((kind) =>
    faults.some(({ action }) => action.do === kind),
  );
  if (
    isKept &&
    run !== undefined &&
    controller.heard.names.has('hit') &&
    !place.journal(run).names.has('hit')
  )
    found.push('a hit was told that is not in the journal');
  return found;
}
