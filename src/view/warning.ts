import type { EventName, RunEvent } from '../event/event.ts';

/** Every event is here, so that a new one is judged as well. */
const errors: Readonly<Record<EventName, boolean>> = {
  'run.planned': false,
  'run.resumed': false,
  'run.preflight': false,
  warning: true,
  'launch.started': false,
  'instance.launched': false,
  'instance.running': false,
  'instance.waiting': false,
  'instance.connected': false,
  'instance.armed': false,
  'instance.uploaded': false,
  'instance.searching': false,
  'search.all': false,
  'instance.progress': false,
  'run.progress': false,
  'instance.idle': false,
  'instance.adopted': false,
  'instance.released': false,
  'instance.error': true,
  hit: false,
  'hit.rejected': true,
  broadcast: false,
  'instance.stopped': false,
  'search.stopped': false,
  'instance.lost': true,
  'instance.discredited': true,
  'instance.disconnected': true,
  'instance.reconnected': false,
  'instance.interrupted': true,
  'instance.replaced': false,
  'logs.pulled': false,
  'logs.missing': true,
  'terminate.started': false,
  'instance.terminated': false,
  'archive.started': false,
  'logs.archived': false,
  'archive.pruned': false,
  'run.interrupted': false,
  'cleanup.failed': true,
  'output.dropped': false,
  'run.ended': false,
};

/** Whether an event is a warning or an error: what `--quiet` still shows. Pure. */
export function isWarning(event: RunEvent): boolean {
  // A journal of a newer version may hold others.
  return errors[event.event] ?? false;
}
