import type { RunEvent } from '../../event/event.ts';
import { printable } from '../../text.ts';
import { enter, isBefore } from './phase.ts';
import { type InstanceState, type RunState, newInstance } from './state.ts';

/** What is known after one more event. Pure; texts from instances are made printable here, once. */
export function reduce(state: RunState, event: RunEvent): RunState {
  const time = Date.parse(event.time);
  switch (event.event) {
    case 'run.planned': {
      const { instances: asked, fleet, timeLimit, smallest } = event;
      return { ...state, asked, fleet, timeLimit, smallest };
    }
    case 'launch.started':
      return enter(state, 'launch', time);
    case 'instance.launched':
      return enter(update(state, event.instance, {}), 'boot', time);
    case 'instance.running':
      return update(state, event.instance, { stage: 'connecting', detail: printable(event.address) });
    case 'instance.waiting':
      return update(state, event.instance, { stage: 'waiting', detail: printable(event.message) });
    case 'instance.connected':
    case 'instance.armed':
      return update(state, event.instance, { stage: 'uploading', detail: 'the worker' });
    case 'run.preflight':
      return state;
    case 'instance.uploaded':
      return update(state, event.instance, { stage: 'starting', detail: 'its agent' });
    case 'instance.searching': {
      const { instance, kernel, isa, threads } = event;
      const engine = `${printable(kernel, 20)} ${printable(isa, 20)} ×${threads}`;
      return enter(update(state, instance, { stage: 'searching', engine }), 'search', time);
    }
    case 'instance.progress': {
      const { instance, rate, hashes, residues } = event;
      return update(state, instance, { rate, hashes, residues: residues.map(({ residue }) => residue) });
    }
    case 'instance.idle':
      return update(state, event.instance, { stage: 'idle', rate: 0, residues: [] });
    case 'instance.adopted': {
      const held = state.instances.get(event.instance)?.residues ?? [];
      const residues = held.includes(event.residue) ? held : [...held, event.residue];
      return update(state, event.instance, { stage: 'searching', residues });
    }
    case 'instance.released': {
      const held = state.instances.get(event.instance)?.residues ?? [];
      return update(state, event.instance, { residues: held.filter((residue) => residue !== event.residue) });
    }
    case 'instance.lost': {
      const detail = `${event.retrying ? 'trying again: ' : ''}${printable(event.reason)}`;
      return update(state, event.instance, { stage: 'lost', detail, rate: 0, residues: [] });
    }
    case 'run.progress': {
      const { tested, probability, elapsed } = event;
      return { ...state, tested, probability, clock: { at: time, elapsed } };
    }
    case 'search.all':
      return { ...state, clock: { at: time, elapsed: event.elapsed } };
    case 'hit': {
      const { instance, nonce, elapsed } = event;
      const known = update({ ...state, hit: { instance, nonce } }, instance, { golden: true });
      const timed = { ...known, clock: { at: time, elapsed } };
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
      return update(state, event.instance, { stage: 'terminated', rate: 0 });
    case 'archive.started':
      return enter({ ...state, archive: printable(event.location) }, 'archive', time);
    case 'run.interrupted': {
      const asked = { ...state, interruptions: event.count };
      return enter(asked, isBefore(state, 'boot') ? 'terminate' : 'stop', time);
    }
    case 'run.ended':
      return enter(state, 'ended', time);
    case 'warning':
    case 'instance.error':
    case 'hit.rejected':
    case 'broadcast':
    case 'cleanup.failed':
    case 'logs.archived':
      return state; // permanent lines, or nothing to show
  }
}

function update(state: RunState, index: number, change: Partial<InstanceState>): RunState {
  const known = state.instances.get(index) ?? newInstance(index);
  const { detail: _, ...kept } = known;
  // What it waited for is over once it is somewhere else.
  const base = change.stage === undefined || change.stage === known.stage ? known : kept;
  return { ...state, instances: new Map(state.instances).set(index, { ...base, ...change }) };
}
