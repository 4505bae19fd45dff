import { setTimeout as delay } from 'node:timers/promises';
import type { Instance as Ec2Instance, RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { hasCode } from '../../../aws/code.ts';
import { awsErrorKind, legible, wasNeverSent } from '../../../aws/failure.ts';
import { messageOf } from '../../../error.ts';
import { onceAborted } from '../../../wait.ts';
import type { Ec2Api } from '../api.ts';
import { indexOf } from '../find/describe.ts';
import { launchErrorKind } from '../error.ts';
import type { LaunchState } from './launch-state.ts';
import { type LaunchPlan, mostPerCall, runInstancesInput } from './run-instances.ts';

/** How often one call is repeated, with the seconds in between doubling from `first` to `most`. */
const repeats = { attempts: 6, first: 0.5, most: 8 };

/** Seconds that an aborted launch waits for the answer to its call: knowing what was launched beats guessing. */
const answerTimeout = 5;

/**
 * Launches instances: where a zone has no room the next one is asked, then the next type, which is asked at once where
 * this account, or the region, may not launch a type at all. Quota and rights are the same
 * everywhere, so their errors end it at once. `memory` learns of every instance as soon as it is known of.
 * @throws the last error when fewer than the minimum could be had, or the signal's reason; what was launched until then
 *   is the caller's to terminate.
 */
export async function launchInstances(
  api: Ec2Api,
  plan: LaunchPlan,
  launchState: LaunchState,
  signal: AbortSignal,
): Promise<Ec2Instance[]> {
  const launched: Ec2Instance[] = [];
  let lack: unknown;
  for (const type of plan.types) {
    zones: for (const { id: subnet, zone } of plan.subnets) {
      while (launched.length < plan.count) {
        signal.throwIfAborted();
        const count = Math.min(mostPerCall, plan.count - launched.length);
        const firstIndex = plan.firstIndex + launched.length;
        const spotPrice = plan.spotPrice(type);
        const userData = plan.userData();
        const attempt = launchState.attempts++;
        const call = { ...plan, type, subnet, count, firstIndex, attempt, spotPrice, userData };
        const answer = await runInstances(api, runInstancesInput(call), launchState, signal);
        if (Array.isArray(answer)) {
          launched.push(...answer);
          await plan.onLaunched?.(answer.map(({ InstanceId = '' }) => InstanceId));
        } else lack = answer.error;
        const errorKind = Array.isArray(answer) ? undefined : launchErrorKind(answer.error);
        if (errorKind === 'type') {
          plan.notice(`${type} cannot be launched: ${legible(lack)}`);
          break zones;
        }
        if (!Array.isArray(answer) && errorKind !== 'capacity') {
          const isEnough = launched.length > 0 && launched.length >= plan.minimum;
          if (!isEnough || errorKind === 'fatal') throw answer.error;
          plan.notice(`launch stopped early: ${legible(answer.error)}`);
          return launched;
        }
        const got = Array.isArray(answer) ? answer.length : 0;
        if (got >= count) continue;
        plan.notice(
          !Array.isArray(answer) && isNotOffered(answer.error)
            ? `${zone} does not offer ${type}`
            : `${zone} has capacity for ${got} of ${count} ${type}`,
        );
        break;
      }
    }
  }
  if (launched.length >= plan.minimum) return launched;
  throw (
    lack ?? new Error(`EC2 launched ${launched.length} of ${plan.count} instances without giving a reason`)
  );
}

/** One call, repeated with the same ClientToken until its outcome is known: the instances, or why there are none. */
async function runInstances(
  api: Ec2Api,
  input: RunInstancesCommandInput,
  launchState: LaunchState,
  signal: AbortSignal,
): Promise<Ec2Instance[] | { readonly error: unknown }> {
  const ec2 = await api.ec2Once();
  const learn = (instances: readonly Ec2Instance[]): void => {
    for (const instance of instances) launchState.known.set(instance.InstanceId ?? '', indexOf(instance));
    launchState.launchedAt = performance.now();
  };
  for (let attempt = 1, wait = repeats.first; ; attempt++, wait = Math.min(wait * 2, repeats.most)) {
    const call = ec2.runInstances(input).then(
      ({ Instances = [] }) => {
        learn(Instances);
        return Instances;
      },
      (error: unknown) => ({ error }),
    );
    launchState.pending.add(call);
    void call.finally(() => launchState.pending.delete(call));
    const answer = await withinReason(call, signal);
    if (answer === undefined) launchState.outcomeUnknown = true;
    if (answer === undefined || (signal.aborted && !Array.isArray(answer))) {
      if (answer && launchErrorKind(answer.error) === 'again' && isAmbiguous(answer.error))
        launchState.outcomeUnknown = true;
      throw signal.reason;
    }
    if (Array.isArray(answer)) {
      launchState.outcomeUnknown = false;
      signal.throwIfAborted();
      return answer;
    }
    // Also after a lost answer: the same token gets the outcome of the first call, now it is known.
    if (isOutcome(answer.error)) launchState.outcomeUnknown = false;
    else if (isAmbiguous(answer.error)) launchState.outcomeUnknown = true;
    if (launchErrorKind(answer.error) !== 'again' || attempt === repeats.attempts) return answer;
    await delay(wait * (750 + Math.random() * 500), undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
  }
}

/** Whether a zone has no such machines at all, whatever its capacity. Pure. */
function isNotOffered(error: unknown): boolean {
  return hasCode(error, 'Unsupported') && /in your requested Availability Zone/i.test(messageOf(error));
}

/** Whether EC2 has judged the launch itself: not the caller, whose credentials may have expired since the last attempt. */
function isOutcome(error: unknown): boolean {
  const errorKind = launchErrorKind(error);
  return (
    errorKind === 'capacity' ||
    errorKind === 'quota' ||
    (errorKind === 'fatal' && awsErrorKind(error) === undefined)
  );
}

/** Whether a failed call may have had its effect all the same. */
function isAmbiguous(error: unknown): boolean {
  const errorKind = awsErrorKind(error);
  return errorKind === 'unavailable' || (errorKind === 'unreachable' && !wasNeverSent(error));
}

/** The answer; undefined when the signal aborts and the answer does not come soon. */
function withinReason<T>(call: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const startTimer = (): void => {
      timer ??= setTimeout(resolve, answerTimeout * 1000, undefined);
    };
    const off = onceAborted(signal, startTimer);
    if (signal.aborted) startTimer();
    call.then(resolve, reject).finally(() => {
      off();
      clearTimeout(timer);
    });
  });
}
