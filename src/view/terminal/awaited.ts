import { plural } from '../../quantity.ts';
import { instanceWords } from '../alike.ts';
import { type Span, span } from './span.ts';
import type { LiveInstance, LiveRun } from './state.ts';

/** What is being waited for, in words. Pure. */
export function awaitedSpans(state: LiveRun): Span[] {
  const instances = [...state.instances.values()];
  switch (state.phase) {
    case 'ready':
      return [
        state.question === undefined ? span('getting ready') : span('waiting for your answer', 'yellow'),
      ];
    case 'launch':
      return [span(`launching ${plural(state.asked, 'instance')} on ${state.fleet}`)];
    case 'boot':
    case 'search':
      return join([...searching(state, instances), ...arriving(instances)]);
    case 'stop': {
      const running = instances.filter(({ stage }) => stage === 'searching' || stage === 'idle');
      return join([...found(state), ...whom('waiting for the kernels on', running, 'to exit')]);
    }
    case 'logs': {
      const left = instances.filter(({ log }) => log === undefined);
      const done = `${instances.length - left.length} of ${instances.length} syslogs processed`;
      return join([...found(state), span(done), ...whom('waiting for that of', left)]);
    }
    case 'terminate':
      return join([
        ...found(state),
        span(
          `${state.released ? 'releasing' : 'terminating'} ${plural(instances.length || state.asked, 'instance')}`,
        ),
      ]);
    case 'archive':
      return join([...found(state), span(`uploading the logs to ${state.archive ?? ''}`)]);
    case 'ended':
      return [];
  }
}

function found({ hit, smallest }: LiveRun): Span[] {
  if (!hit) return [];
  return [span(`${smallest ? 'best nonce' : 'golden nonce'} ${hit.nonce}${finder(hit)}`, 'green')];
}

function finder({ instance }: NonNullable<LiveRun['hit']>): string {
  return instance === undefined ? '' : ` from #${instance}`;
}

function searching({ hit }: LiveRun, instances: readonly LiveInstance[]): Span[] {
  const active = instances.filter(({ stage }) => stage === 'searching');
  if (active.length === 0) return [];
  const proving = hit ? [span(`candidate ${hit.nonce}${finder(hit)}`, 'green')] : [];
  const below = hit ? ' everything below it' : '';
  return [...proving, span(`${active.length} of ${instances.length} searching${below}`)];
}

/** The instance that says most about why the search is not on everywhere yet, and how many others are late. */
function arriving(instances: readonly LiveInstance[]): Span[] {
  const late = instances.filter(({ stage }) => arrivingStages.has(stage));
  const first = late.find(({ stage }) => stage === 'waiting') ?? late[0];
  if (!first) return [];
  const { index, stage, detail } = first;
  const what = stage === 'waiting' ? (detail ?? '') : [stage, detail].filter(Boolean).join(' ');
  const more = late.length > 1 ? ` (and ${late.length - 1} more)` : '';
  return [span(`waiting for #${index}${more}: ${what}`, 'yellow')];
}

const arrivingStages: ReadonlySet<string> = new Set([
  'booting',
  'connecting',
  'waiting',
  'uploading',
  'starting',
]);

/** `waiting for the kernels on #1 #4 #6 and 12 more to exit`. */
function whom(before: string, instances: readonly LiveInstance[], after = ''): Span[] {
  if (instances.length === 0) return [];
  const words = instanceWords(instances.map(({ index }) => index));
  return [span([before, words, after].filter(Boolean).join(' '), 'yellow')];
}

function join(spans: readonly Span[]): Span[] {
  return spans.flatMap((one, index) => (index === 0 ? [one] : [span('; '), one]));
}
