import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type EventName, type RunEvent, eventFields } from '../../src/event/event.ts';
import { InstanceHistory } from '../../src/event/instance-history.ts';
import { isDroppable } from '../../src/view/display/view.ts';
import { JsonView } from '../../src/view/json.ts';
import { Output } from '../../src/view/output.ts';
import { type Detail, PlainView } from '../../src/view/plain.ts';
import { frame } from '../../src/view/terminal/frame.ts';
import { permanentLine } from '../../src/view/terminal/permanent.ts';
import { reduce } from '../../src/view/terminal/reduce.ts';
import { eachEvent, run } from './example.ts';
import { launched, searching, start, stateAfter } from './terminal/run.ts';

/** What a view makes of an event: a line, something else that is seen of it, or deliberately nothing. */
type Shown = 'line' | 'state' | 'both' | 'nothing';

/**
 * What each view shows of each event: in plain lines, with --quiet and with --verbose, live (a line that stays, or what is
 * redrawn), and in run.json. The type is whole: an event that is new does not compile before it is decided on here.
 */
const views: {
  readonly [Name in EventName]: readonly [
    plain: Shown,
    quiet: Shown,
    verbose: Shown,
    live: Shown,
    record: Shown,
  ];
} = {
  'archive.started': ['line', 'nothing', 'line', 'state', 'nothing'],
  broadcast: ['line', 'nothing', 'line', 'nothing', 'nothing'],
  'cleanup.failed': ['line', 'line', 'line', 'line', 'nothing'],
  hit: ['line', 'nothing', 'line', 'both', 'nothing'],
  'hit.rejected': ['line', 'line', 'line', 'line', 'nothing'],
  'instance.adopted': ['line', 'nothing', 'line', 'line', 'nothing'],
  'instance.armed': ['nothing', 'nothing', 'line', 'state', 'nothing'],
  'instance.connected': ['nothing', 'nothing', 'line', 'state', 'nothing'],
  'instance.discredited': ['line', 'line', 'line', 'line', 'nothing'],
  'instance.disconnected': ['line', 'line', 'line', 'both', 'nothing'],
  'instance.error': ['line', 'line', 'line', 'line', 'nothing'],
  'instance.idle': ['nothing', 'nothing', 'line', 'state', 'nothing'],
  'instance.interrupted': ['line', 'line', 'line', 'line', 'state'],
  'instance.launched': ['nothing', 'nothing', 'line', 'nothing', 'state'],
  'instance.lost': ['line', 'line', 'line', 'both', 'nothing'],
  'instance.progress': ['nothing', 'nothing', 'line', 'state', 'state'],
  'instance.reconnected': ['line', 'nothing', 'line', 'line', 'nothing'],
  'instance.released': ['nothing', 'nothing', 'line', 'nothing', 'nothing'],
  'instance.replaced': ['line', 'nothing', 'line', 'line', 'state'],
  'instance.running': ['line', 'nothing', 'line', 'state', 'state'],
  'instance.searching': ['line', 'nothing', 'line', 'state', 'state'],
  'instance.stopped': ['nothing', 'nothing', 'line', 'state', 'state'],
  'instance.terminated': ['nothing', 'nothing', 'line', 'state', 'state'],
  'instance.uploaded': ['nothing', 'nothing', 'line', 'state', 'nothing'],
  'instance.waiting': ['line', 'nothing', 'line', 'state', 'nothing'],
  'launch.started': ['line', 'nothing', 'line', 'line', 'nothing'],
  'archive.pruned': ['line', 'nothing', 'line', 'line', 'nothing'],
  'logs.archived': ['nothing', 'nothing', 'line', 'nothing', 'nothing'],
  'logs.missing': ['line', 'line', 'line', 'both', 'state'],
  'logs.pulled': ['nothing', 'nothing', 'line', 'state', 'state'],
  'output.dropped': ['line', 'nothing', 'line', 'nothing', 'nothing'],
  'run.ended': ['state', 'state', 'state', 'state', 'nothing'],
  'run.interrupted': ['line', 'nothing', 'line', 'both', 'nothing'],
  'run.planned': ['line', 'nothing', 'line', 'both', 'nothing'],
  'run.resumed': ['line', 'nothing', 'line', 'both', 'nothing'],
  'run.preflight': ['line', 'nothing', 'line', 'both', 'nothing'],
  'run.progress': ['line', 'nothing', 'line', 'state', 'nothing'],
  'search.all': ['line', 'nothing', 'line', 'state', 'nothing'],
  'search.stopped': ['line', 'nothing', 'line', 'both', 'nothing'],
  'terminate.started': ['line', 'nothing', 'line', 'state', 'nothing'],
  warning: ['line', 'line', 'line', 'line', 'nothing'],
};

function written(detail: Detail, event: RunEvent): Promise<string> {
  const stderr = new PassThrough();
  const stdout = new PassThrough();
  const view = new PlainView({ stdout: new Output(stdout), stderr: new Output(stderr) }, detail);
  view.show(event);
  return view.finish().then(() => `${String(stderr.read() ?? '')}|${String(stdout.read() ?? '')}`);
}

async function plain(detail: Detail, event: RunEvent): Promise<Shown> {
  const [line = '', summary = ''] = (await written(detail, event)).split('|');
  return line !== '' ? 'line' : summary !== '' ? 'state' : 'nothing';
}

function live(event: RunEvent): Shown {
  const state = stateAfter([...launched(1), ...searching(0)]);
  const draw = (of: typeof state): string => frame(of, start + 20_000, 120, 30).join('\n');
  const before = draw(state);
  const isDrawn = draw(reduce(state, event)) !== before;
  const hasLine = permanentLine(event, false) !== undefined;
  if (hasLine) return isDrawn ? 'both' : 'line';
  return isDrawn ? 'state' : 'nothing';
}

function recorded(event: RunEvent): Shown {
  const history = new InstanceHistory();
  history.show(event);
  return history.records().length > 0 ? 'state' : 'nothing';
}

test('the table is about all events', () => {
  expect(Object.keys(views).toSorted()).toEqual(Object.keys(eventFields).toSorted());
});

test.each(eachEvent())('$event', async (event) => {
  const shown = [
    await plain('normal', event),
    await plain('quiet', event),
    await plain('verbose', event),
    live(event),
    recorded(event),
  ];
  expect(shown).toEqual(views[event.event]);
});

test('--json writes each of them, and only progress may be left out for a slow reader', async () => {
  const stdout = new PassThrough();
  const view = new JsonView({ stdout: new Output(stdout), stderr: new Output(new PassThrough()) });
  for (const event of eachEvent()) view.show(event);
  await view.finish();
  const lines = String(stdout.read()).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as RunEvent).event)).toEqual(
    eachEvent().map(({ event }) => event),
  );
  expect(
    eachEvent()
      .filter(isDroppable)
      .map(({ event }) => event),
  ).toEqual(['instance.progress', 'run.progress']);
  expect(new Set(eachEvent().map((event) => event.run))).toEqual(new Set([run]));
});
