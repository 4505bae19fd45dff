import { costWords } from '../cost.ts';
import type { RunEvent } from '../event/event.ts';
import { printable } from '../text.ts';
import { goalText } from '../puzzle/goal-text.ts';
import { hexNonce } from '../puzzle/template.ts';
import type { PuzzleFields } from '../puzzle/verify-command.ts';
import { unhandled } from '../event/view.ts';
import { instanceWords } from './alike.ts';
import { count, duration, percent, plural, rate } from '../quantity.ts';

/**
 * The line of one event in a log of the run, without its time; undefined when an event is too frequent or too detailed
 * to be a line of its own. `instances` are those of which it is told in the same words, where there are several; `puzzle` is that of the
 * run, where it is known. Pure.
 */
export function plainLine(
  event: RunEvent,
  verbose: boolean,
  instances: readonly number[] = [],
  puzzle?: PuzzleFields,
): string | undefined {
  const at = ({ instance }: { readonly instance?: number | undefined }): string => {
    if (instances.length > 0) return instanceWords(instances);
    return instance === undefined ? 'the search' : `#${instance}`;
  };
  switch (event.event) {
    case 'run.planned':
      return [
        `run ${event.run}: ${plural(event.instances, 'instance')} on ${event.fleet}, at most ${duration(event.timeLimit)}`,
        `puzzle ${puzzleText(event.puzzle)}${event.smallest ? ', the smallest golden nonce' : ''}`,
        `nonces ${count(event.from)} to below ${count(event.limit)}; one in ${count(event.expectedNonces)} is golden`,
        ...(event.chosen === undefined ? [] : [printable(event.chosen)]),
        ...resumedWords(event),
      ].join('; ');
    case 'run.resumed':
      return `resumed ${duration(event.elapsed)} after the start, by ${printable(event.by)}; it had no controller for ${duration(event.away)}`;
    case 'run.preflight':
      return [
        ...event.facts.map(([name, value]) => `${name}: ${printable(value)}`),
        `cost: ${costWords(event.cost, event.costBasis === undefined ? undefined : printable(event.costBasis))}`,
      ].join('; ');
    case 'warning':
      return `warning: ${printable(event.message)}${event.hint ? ` (${printable(event.hint)})` : ''}`;
    case 'launch.started':
      return `launching ${plural(event.instances, 'instance')}; should cnd be killed: cnd resume ${event.run}`;
    case 'instance.launched':
      return verbose ? `${at(event)} launched as ${printable(event.id)}` : undefined;
    case 'instance.running':
      return `${at(event)} running at ${printable(event.address)}`;
    case 'instance.waiting':
      return `${at(event)} waiting: ${printable(event.message)}`;
    case 'instance.connected':
      return verbose ? `${at(event)} answers SSH` : undefined;
    case 'instance.armed':
      return verbose ? `${at(event)} has its dead-man's switch armed` : undefined;
    case 'instance.uploaded':
      return verbose ? `${at(event)} worker uploaded (${plural(event.bytes, 'byte')})` : undefined;
    case 'instance.searching':
      return [
        `${at(event)} searching with ${printable(event.kernel)} (${printable(event.isa)}), ${plural(event.threads, 'thread')}`,
        ...(event.note ? [printable(event.note)] : []),
      ].join('; ');
    case 'search.all':
      return `all searching (${plural(event.instances, 'instance')}) after ${duration(event.elapsed)}`;
    case 'instance.progress':
      return verbose ? `${at(event)} ${plural(event.hashes, 'nonce')}, ${rate(event.rate)}` : undefined;
    case 'run.progress':
      return [
        `${plural(BigInt(event.tested), 'nonce')} tested at ${rate(event.rate)} by ${plural(event.searching, 'instance')}`,
        `chance so far ${percent(event.probability)}, ${duration(event.remaining)} left`,
      ].join('; ');
    case 'instance.idle':
      return verbose ? `${at(event)} has nothing left to search` : undefined;
    case 'instance.adopted':
      // That a part of a share moves is how instances of unequal speed end together.
      if (event.from !== undefined && !verbose) return undefined;
      if (event.takenFrom !== undefined)
        return `${at(event)} also searches ${share(event)}, from chunk ${count(event.next)} on: #${event.takenFrom} does not answer`;
      return `${at(event)} takes over ${share(event)}, from chunk ${count(event.next)} on`;
    case 'instance.released':
      return verbose ? `${at(event)} hands back ${share(event)}` : undefined;
    case 'instance.error':
      return `${at(event)} says: ${printable(event.message)}`;
    case 'hit':
      return `${at(event)} found golden nonce ${nonceText(event.nonce, puzzle)}, digest ${event.displayDigest ?? event.digest}`;
    case 'hit.rejected':
      return `${at(event)} claimed nonce ${printable(event.nonce)}, which is not golden: ${printable(event.reason)}`;
    case 'broadcast':
      return `nonce ${event.nonce} announced on ${event.channel}`;
    case 'instance.stopped':
      return verbose
        ? `${at(event)} stopped (${printable(event.reason)})${within(event.latency)}`
        : undefined;
    case 'search.stopped':
      return [
        `search stopped (${printable(event.reason)})${within(event.latency)}`,
        ...(event.unconfirmed.length > 0 ? [`no confirmation from ${instanceWords(event.unconfirmed)}`] : []),
      ].join('; ');
    case 'instance.lost':
      // What is tried again may pass by itself.
      return `${at(event)} lost: ${printable(event.reason)}${event.retrying ? '; retrying' : event.hint ? ` (${printable(event.hint)})` : ''}`;
    case 'instance.discredited':
      return `${at(event)} is not believed: ${plural(BigInt(event.nonces), 'nonce')} that it said it tested are searched again`;
    case 'instance.disconnected':
      return `${at(event)} disconnected: ${printable(event.reason)}; reconnecting while its agent searches on`;
    case 'instance.reconnected':
      return `${at(event)} reconnected after ${duration(event.seconds)}`;
    case 'instance.interrupted':
      return `${at(event)} Spot Instance interruption notice: EC2 will ${printable(event.action)} it at ${printable(event.time)}`;
    case 'instance.replaced':
      return `${at(event)} is replaced by #${event.replacement}`;
    case 'logs.pulled':
      return verbose
        ? `${at(event)} syslog kept as ${event.name} (${plural(event.bytes, 'byte')}${event.truncated ? ', truncated' : ''})`
        : undefined;
    case 'logs.missing':
      return `${at(event)} syslog could not be pulled: ${printable(event.reason)}`;
    case 'terminate.started':
      // A launch that was cut short has not said how many there are.
      return `${event.released ? 'releasing' : 'terminating'} ${event.instances === 0 ? 'what was launched' : plural(event.instances, 'instance')}`;
    case 'instance.terminated':
      return verbose ? `${at(event)} ${event.released ? 'released' : 'terminated'}` : undefined;
    case 'archive.started':
      return `uploading ${plural(event.files, 'file')} to ${printable(event.location)}`;
    case 'logs.archived':
      return verbose
        ? `${plural(event.files, 'file')} (${plural(event.bytes, 'byte')}) uploaded to ${printable(event.location)}`
        : undefined;
    case 'archive.pruned':
      return `removed ${plural(event.runs, 'run')} from ${printable(event.location)} that logs.keep = ${printable(event.keep)} does not keep`;
    case 'run.interrupted':
      return `${printable(event.signal)}: ${interruptedText(event)}`;
    case 'cleanup.failed':
      return `cleanup of ${printable(event.what)} failed: ${printable(event.reason)}`;
    case 'output.dropped':
      return `output is read too slowly: ${plural(event.progress, 'progress event')} and ${plural(event.frames, 'frame')} dropped so far`;
    case 'run.ended':
      return undefined; // the summary says it
    default:
      return unhandled(event, undefined);
  }
}

function interruptedText(event: Extract<RunEvent, { event: 'run.interrupted' }>): string {
  const { count, phase } = event;
  const [done, doing] = event.released ? ['released', 'releasing'] : ['terminated', 'terminating'];
  if (phase === 'archive') {
    return count === 1
      ? `everything is ${done}; uploading the logs for a few seconds more, Ctrl-C again leaves them on this machine`
      : `everything is ${done}; the logs stay on this machine`;
  }
  if (phase === 'plan') return 'stopping; nothing was launched';
  if (phase === 'terminate') return `${doing} already`;
  return count === 1
    ? `stopping, pulling logs for a few seconds, then ${doing}; Ctrl-C again skips the logs`
    : `${doing} immediately`;
}

/** A puzzle in words: `hex-chain of 'COMSM0010cloud', 6 leading zero digits`. */
export function puzzleText(puzzle: Readonly<Record<string, string | number>>): string {
  if (puzzle['scheme'] === 'bitcoin') return 'bitcoin block header';
  const { scheme, block, template } = puzzle;
  const text = printable(String(template ?? block), 40);
  // A template alone does not say what its block is.
  const within =
    template === undefined || block === undefined ? '' : ` with '${printable(String(block), 40)}'`;
  return `${printable(String(scheme), 24)} of '${text}'${within}, ${printable(goalText(puzzle), 90)}`;
}

/** A nonce in decimal, and as the text has it where that is another way: whoever gave the puzzle wants that. Pure. */
export function nonceText(nonce: string, { template }: PuzzleFields = {}): string {
  try {
    const text = hexNonce(template === undefined ? undefined : String(template), BigInt(nonce));
    return text === undefined ? nonce : `${nonce}, in the text ${text}`;
  } catch {
    // A template of another version.
    return nonce;
  }
}

/** A residue in words: at first it is searched by the instance of the same number. */
function share({ instance, residue }: { readonly instance: number; readonly residue: number }): string {
  return instance === residue ? 'its own share' : `the share of #${residue}`;
}

function within(latency: number | undefined): string {
  return latency === undefined ? '' : ` after ${Math.round(latency * 1000)} ms`;
}

/** What a run goes on with that resumes another. */
function resumedWords({
  resumes,
  testedBefore = '0',
}: Extract<RunEvent, { event: 'run.planned' }>): string[] {
  if (resumes === undefined) return [];
  return [`resumes ${printable(resumes)}, which tested ${plural(BigInt(testedBefore), 'nonce')}`];
}
