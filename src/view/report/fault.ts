import type { RunEvent } from '../../event/event.ts';
import { alikeKey, instanceWords } from '../alike.ts';
import { plainLine } from '../plain-line.ts';
import type { Fault, RunReport } from './model.ts';

/** Faults that are kept apart; what comes then is counted with the last. */
const most = 200;

/** Events that tell of something that was not planned. */
const faultEvents: ReadonlySet<RunEvent['event']> = new Set([
  'warning',
  'run.resumed',
  'instance.lost',
  'instance.discredited',
  'instance.disconnected',
  'instance.discredited',
  'instance.reconnected',
  'instance.error',
  'hit.rejected',
  'logs.missing',
  'run.interrupted',
  'cleanup.failed',
  'output.dropped',
]);

/** The key of what is more than is kept apart. */
const others = 'others';

/** Keeps an event if it is a fault, together with others that say the same. */
export function noteFault({ faults }: RunReport, event: RunEvent, at: number): void {
  if (!faultEvents.has(event.event)) return;
  const words = keyOf(event);
  const key = faults.has(words) || faults.size < most ? words : others;
  const known: Fault = faults.get(key) ?? { first: at, last: at, count: 0, event, instances: new Set() };
  faults.set(key, known);
  known.last = at;
  known.count += 1;
  if ('instance' in event && event.instance !== undefined) known.instances.add(event.instance);
}

/** What is the same of events that are told together. */
function keyOf(event: RunEvent): string {
  if (event.event === 'instance.disconnected') return `${event.event} ${event.reason}`;
  if (event.event === 'instance.reconnected') return event.event;
  return alikeKey(event) ?? `${event.event} ${plainLine(event, true)}`;
}

/** What a fault is called in the report. Pure. */
export function faultText(key: string, { event, instances, count }: Fault): string {
  if (key === others) return `${count} more, in the journal`;
  const alike = instances.size > 1 ? [...instances] : [];
  if (event.event === 'instance.reconnected' && count > 1)
    return `${instanceWords(alike.length > 0 ? alike : [event.instance])} reconnected`;
  return plainLine(event, true, alike) ?? event.event;
}
