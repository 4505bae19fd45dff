import type { RunEvent } from '../../event/event.ts';
import type { UnreadLines } from '../../event/journal-reader.ts';
import { unhandled } from '../../event/view.ts';
import { noteFault } from './fault.ts';
import { endStage, enterStage, instanceOf, setReleased, setStopped } from './instance.ts';
import type { RunReport } from './model.ts';
import { reportedShare } from './reported-share.ts';
import { addSample } from './sample.ts';

/** Before the first event; `start`: the moment that T counts from, in milliseconds since the epoch. */
export function emptyReport(run: string, start: number, unread: UnreadLines): RunReport {
  return {
    run,
    start,
    last: start,
    instances: new Map(),
    samples: [],
    hits: [],
    away: [],
    faults: new Map(),
    residues: new Map(),
    unread,
  };
}

/** Seconds that no run takes: what says more is damaged. */
const longestRun = 7 * 86_400;

/** When the run began, in milliseconds since the epoch, if the event says how long ago that was. Pure. */
export function startOf(event: RunEvent): number | undefined {
  if (!('elapsed' in event) || event.elapsed < 0 || event.elapsed > longestRun) return undefined;
  return Date.parse(event.time) - event.elapsed * 1000;
}

/** Adds one more event to a report, in place and in constant time. */
export function tell(report: RunReport, event: RunEvent): void {
  const time = Date.parse(event.time);
  report.last = Math.max(report.last, time);
  const at = Math.max(0, (time - report.start) / 1000);
  noteFault(report, event, at);
  switch (event.event) {
    case 'run.planned':
      report.planned ??= event;
      break;
    case 'run.resumed':
      report.away.push({ from: Math.max(0, at - Math.max(0, event.away)), to: at });
      break;
    case 'run.preflight':
      report.preflight ??= event;
      break;
    case 'launch.started':
      report.launchedAt ??= at;
      break;
    case 'instance.launched': {
      const { id, type, zone } = event;
      const instance = instanceOf(report, event.instance);
      if (report.launchedAt !== undefined)
        instance.spans.push({ stage: 'launch', from: report.launchedAt, to: at });
      Object.assign(instance, {
        id,
        ...(type !== undefined && { type }),
        ...(zone !== undefined && { zone }),
      });
      enterStage(report, event.instance, 'boot', at, 'launched');
      break;
    }
    case 'instance.running':
      instanceOf(report, event.instance).address = event.address;
      enterStage(report, event.instance, 'SSH', at, 'running');
      break;
    case 'instance.connected':
      enterStage(report, event.instance, 'upload', at, 'connected');
      break;
    case 'instance.uploaded':
      instanceOf(report, event.instance).moments.uploaded ??= at;
      break;
    case 'instance.searching': {
      const { kernel, isa, threads, cores, python } = event;
      const instance = instanceOf(report, event.instance);
      instance.engine = { kernel, isa, threads, cores, python };
      instance.hashes = { earlier: instance.hashes.earlier + instance.hashes.present, present: 0 };
      enterStage(report, event.instance, 'search', at, 'searching');
      break;
    }
    case 'search.all':
      report.allSearching ??= at;
      break;
    case 'instance.progress': {
      const instance = instanceOf(report, event.instance);
      instance.hashes = { ...instance.hashes, present: event.hashes };
      for (const share of event.residues)
        report.residues.set(`${share.residue} ${share.from ?? ''}`, reportedShare(share));
      break;
    }
    case 'run.progress':
      addSample(report, event, at);
      break;
    case 'instance.idle':
      enterStage(report, event.instance, 'idle', at);
      break;
    case 'instance.adopted':
    case 'instance.reconnected':
      enterStage(report, event.instance, 'search', at);
      break;
    case 'instance.disconnected':
      enterStage(report, event.instance, 'disconnected', at);
      break;
    case 'instance.lost':
      enterStage(report, event.instance, 'lost', at);
      break;
    case 'hit': {
      const { instance, nonce } = event;
      report.hits.push({ at, nonce, instance });
      if (instance !== undefined) instanceOf(report, instance).found = true;
      break;
    }
    case 'broadcast':
      report.broadcastOn = event.channel;
      break;
    case 'instance.stopped':
      setStopped(report, event.instance, at, event.latency);
      break;
    case 'search.stopped':
      report.searchEnded ??= Math.max(0, at - event.latency);
      report.stopLatency ??= event.latency;
      for (const index of report.instances.keys()) enterStage(report, index, 'logs', at);
      break;
    case 'logs.pulled':
      instanceOf(report, event.instance).moments.logs ??= at;
      break;
    case 'logs.missing':
      instanceOf(report, event.instance).logMissing = event.reason;
      break;
    case 'terminate.started':
      report.releasedAt ??= at;
      report.searchEnded ??= at;
      for (const index of report.instances.keys()) enterStage(report, index, 'terminate', at);
      break;
    case 'instance.terminated':
      setReleased(report, event.instance, at);
      break;
    case 'archive.started':
      report.archivedTo = event.location;
      break;
    case 'run.ended':
      report.ended = event;
      report.searchEnded ??= at;
      break;
    case 'warning':
    case 'instance.waiting':
    case 'instance.armed':
    case 'instance.released':
    case 'instance.error':
    case 'instance.interrupted':
    case 'instance.replaced':
    case 'hit.rejected':
    case 'instance.discredited':
    case 'archive.pruned':
    case 'logs.archived':
    case 'run.interrupted':
    case 'cleanup.failed':
    case 'output.dropped':
      break; // a fault, or nothing to show
    default:
      unhandled(event, undefined);
  }
}

/**
 * The report as it is at a moment, in milliseconds since the epoch: what is still open ends there. Without one: where the
 * journal ends. The report itself goes on. Pure.
 */
export function concluded(report: RunReport, now = report.last): RunReport {
  const instances = new Map(
    [...report.instances].map(([index, instance]) => [index, { ...instance, spans: [...instance.spans] }]),
  );
  const copy = { ...report, last: Math.max(report.last, now), instances };
  for (const index of instances.keys()) endStage(copy, index, (copy.last - copy.start) / 1000);
  return copy;
}
