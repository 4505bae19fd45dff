import type { RunEvent } from '../../event/event.ts';
import { printable } from '../../text.ts';
import { unhandled } from '../../event/view.ts';
import { enter, isBefore } from './phase.ts';
import { type LiveInstance, type LiveRun, newInstance } from './state.ts';

/**
 * What is known after one more event, in constant time: `instances` is changed in place, the rest is not. Texts from
 * instances are made printable here, once.
 */
export function reduce(state: LiveRun, event: RunEvent): LiveRun {
  const time = Date.parse(event.time);
  switch (event.event) {
    case 'run.planned': {
      const { instances: asked, fleet, timeLimit, smallest, from, limit } = event;
      const space = Number(BigInt(limit) - BigInt(from));
      const released = event.released ? { released: event.released } : {};
      return { ...state, asked, fleet, timeLimit, smallest, space, ...released };
    }
    case 'launch.started':
      return enter({ ...state, launchedAt: time }, 'launch', time);
    case 'instance.launched':
      return enter(update(state, event.instance, {}), 'boot', time);
    case 'instance.running':
      return update(state, event.instance, { stage: 'connecting', detail: printable(event.address) });
    case 'instance.waiting':
      return update(state, event.instance, { stage: 'waiting', detail: printable(event.message) });
    case 'instance.connected':
    case 'instance.armed':
      return update(state, event.instance, { stage: 'uploading', detail: 'the worker' });
    case 'run.resumed':
      return { ...state, clock: { at: time, elapsed: event.elapsed } };
    case 'run.preflight': {
      const { cost: most, price } = event;
      return { ...state, cost: { ...(most !== undefined && { most }), ...(price && { price }) } };
    }
    case 'instance.uploaded':
      return update(state, event.instance, { stage: 'starting', detail: 'its agent' });
    case 'instance.searching': {
      const { instance, kernel, isa, threads } = event;
      const engine = `${printable(kernel, 20)} ${printable(isa, 20)} ×${threads}`;
      return enter(update(state, instance, { stage: 'searching', engine }), 'search', time);
    }
    case 'instance.progress': {
      const { instance, rate, hashes } = event;
      return update(state, instance, { rate, hashes });
    }
    case 'instance.idle':
      return update(state, event.instance, { stage: 'idle', rate: 0 });
    case 'instance.adopted':
      return update(state, event.instance, { stage: 'searching' });
    case 'instance.lost': {
      const detail = `${event.retrying ? 'retrying: ' : ''}${printable(event.reason)}`;
      return update(state, event.instance, { stage: 'lost', detail, rate: 0 });
    }
    case 'instance.disconnected':
      return update(state, event.instance, {
        stage: 'disconnected',
        detail: printable(event.reason),
        rate: 0,
      });
    case 'instance.reconnected':
      return update(state, event.instance, { stage: 'searching' });
    case 'run.progress': {
      const { tested, probability, elapsed } = event;
      return { ...state, tested, probability, clock: { at: time, elapsed } };
    }
    case 'search.all':
      return { ...state, clock: { at: time, elapsed: event.elapsed } };
    case 'hit': {
      const { instance, nonce, elapsed } = event;
      const timed = { ...state, hit: { instance, nonce }, clock: { at: time, elapsed } };
      if (instance !== undefined) update(timed, instance, { golden: true });
      return state.smallest ? timed : enter(timed, 'stop', time);
    }
    case 'instance.stopped': {
      const stopped = update(state, event.instance, { stage: 'stopped', rate: 0 });
      // Its latency is only known once the search is over: before that the agent stopped by itself.
      return event.latency === undefined ? stopped : enter(stopped, 'stop', time);
    }
    case 'search.stopped':
      return enter(state, 'logs', time);
    case 'logs.pulled':
      return update(state, event.instance, { log: 'pulled' });
    case 'logs.missing':
      return update(state, event.instance, { log: 'missing' });
    case 'terminate.started':
      return enter(state, 'terminate', time);
    case 'instance.terminated':
      return update(state, event.instance, {
        stage: event.released ? 'released' : 'terminated',
        rate: 0,
        terminatedAt: time,
      });
    case 'archive.started':
      return enter({ ...state, archive: printable(event.location) }, 'archive', time);
    case 'run.interrupted': {
      const asked = { ...state, interruptions: event.count };
      return enter(asked, isBefore(state, 'boot') ? 'terminate' : 'stop', time);
    }
    case 'run.ended':
      return enter(state, 'ended', time);
    case 'warning':
    case 'instance.released':
    case 'instance.error':
    case 'instance.interrupted':
    case 'instance.replaced':
    case 'hit.rejected':
    case 'instance.discredited':
    case 'broadcast':
    case 'cleanup.failed':
    case 'archive.pruned':
    case 'logs.archived':
    case 'output.dropped':
      return state; // permanent lines, or nothing to show
    default:
      return unhandled(event, state);
  }
}

function update(state: LiveRun, index: number, change: Partial<LiveInstance>): LiveRun {
  const known = state.instances.get(index) ?? newInstance(index);
  const { detail: _, ...kept } = known;
  // What it waited for is over once it is somewhere else.
  const base = change.stage === undefined || change.stage === known.stage ? known : kept;
  state.instances.set(index, { ...base, ...change });
  return state;
}
