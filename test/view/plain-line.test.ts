import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventFields, EventName } from '../../src/event/event.ts';
import type { PhaseName } from '../../src/event/outcome.ts';
import { nonceText, plainLine, puzzleText } from '../../src/view/plain-line.ts';
import { summary } from '../../src/view/summary.ts';
import { eachEvent, endedWith, fieldsOfEach, stamped } from './example.ts';
import { dangerous } from './dangerous.ts';

const line = <Name extends EventName>(event: Name, fields: EventFields[Name], verbose = false) =>
  plainLine(stamped(event, fields), verbose);

/** The line of each event with the text `words`; undefined: none without --verbose, `verbose` then. */
const lines: { readonly [Name in EventName]: string | { verbose: string } | undefined } = {
  'run.planned':
    "run 20261120-081103-x7k2: 4 instances on local, at most 60.0 s; puzzle hex-chain of 'COMSM0010cloud', 6 leading zero digits; nonces 0 to below 4,294,967,296; one in 16,777,216 is golden",
  'run.resumed': 'resumed 12.5 s after the start, by words; it had no controller for 3.25 s',
  'run.preflight': 'image: words; cost: at most $0.420 (words)',
  warning: 'warning: words (words)',
  'launch.started': 'launching 4 instances; should cnd be killed: cnd resume 20261120-081103-x7k2',
  'instance.launched': { verbose: '#0 launched as words' },
  'instance.running': '#0 running at words',
  'instance.waiting': '#0 waiting: words',
  'instance.connected': { verbose: '#0 answers SSH' },
  'instance.armed': { verbose: "#0 has its dead-man's switch armed" },
  'instance.uploaded': { verbose: '#0 worker uploaded (23,456 bytes)' },
  'instance.searching': '#0 searching with words (words), 2 threads; words',
  'search.all': 'all searching (4 instances) after 1.50 s',
  'instance.progress': { verbose: '#0 1,000,000 nonces, 0.500 MH/s' },
  'run.progress': '5,000,000 nonces tested at 2.00 MH/s by 4 instances; chance so far 25.0 %, 47.0 s left',
  'instance.idle': { verbose: '#0 has nothing left to search' },
  'instance.adopted': '#0 takes over the share of #3, from chunk 1,203 on',
  'instance.released': { verbose: '#0 hands back the share of #3' },
  'instance.error': '#0 says: words',
  hit: '#0 found golden nonce 116, digest 00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa',
  'hit.rejected': '#0 claimed nonce words, which is not golden: words',
  broadcast: 'nonce 116 announced on in-process',
  'instance.stopped': { verbose: '#0 stopped (words) after 12 ms' },
  'search.stopped': 'search stopped (words) after 50 ms; no confirmation from #2 #3',
  'instance.lost': '#0 lost: words; retrying',
  'instance.discredited': '#0 is not believed: 30,000,000 nonces that it said it tested are searched again',
  'instance.disconnected': '#0 disconnected: words; reconnecting while its agent searches on',
  'instance.reconnected': '#0 reconnected after 2.50 s',
  'instance.interrupted': '#0 Spot Instance interruption notice: EC2 will words it at words',
  'instance.replaced': '#0 is replaced by #4',
  'logs.pulled': { verbose: '#0 syslog kept as Instance0.log.gz (2,048 bytes)' },
  'logs.missing': '#0 syslog could not be pulled: words',
  'terminate.started': 'terminating 4 instances',
  'instance.terminated': { verbose: '#0 terminated' },
  'archive.started': 'uploading 6 files to words',
  'logs.archived': { verbose: '6 files (20,480 bytes) uploaded to words' },
  'archive.pruned': 'removed 3 runs from words that logs.keep = 90d does not keep',
  'run.interrupted':
    'words: stopping, pulling logs for a few seconds, then terminating; Ctrl-C again skips the logs',
  'cleanup.failed': 'cleanup of words failed: words',
  'output.dropped': 'output is read too slowly: 3,456 progress events and 12 frames dropped so far',
  'run.ended': undefined,
};

describe('a line for each event', () => {
  test.each(eachEvent())('$event', (event) => {
    const expected = lines[event.event];
    const [quiet, verbose] =
      typeof expected === 'object' ? [undefined, expected.verbose] : [expected, expected];
    expect(plainLine(event, false)).toBe(quiet);
    expect(plainLine(event, true)).toBe(verbose);
  });

  const linesOf = (text: string): string[] => eachEvent(text).map((event) => plainLine(event, true) ?? '');

  test('none has a control character, whatever an instance says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(linesOf(text).filter((line) => dangerous.test(line))).toEqual([]);
      }),
      { numRuns: 50, examples: [['\u001B[2J\u009B31m\r\n\u202E\u2028']] },
    );
  });

  test('none is endless', () => {
    expect(linesOf('x'.repeat(10_000)).filter((line) => line.length > 2500)).toEqual([]);
  });
});

describe('what is absent is left out', () => {
  const fields = fieldsOfEach('words');

  test('a hint, a note, a latency, those without a word', () => {
    expect(line('warning', { message: 'careful' })).toBe('warning: careful');
    const { note: _, ...searching } = fields['instance.searching'];
    expect(line('instance.searching', { ...searching, threads: 1 })).toBe(
      '#0 searching with words (words), 1 thread',
    );
    expect(line('instance.stopped', { instance: 1, reason: 'order' }, true)).toBe('#1 stopped (order)');
    expect(line('search.stopped', { reason: 'time-limit', latency: 0, unconfirmed: [] })).toBe(
      'search stopped (time-limit) after 0 ms',
    );
    expect(line('instance.lost', { instance: 1, code: 'c', reason: 'gone', retrying: false })).toBe(
      '#1 lost: gone',
    );
  });

  test('the second interruption promises no logs', () => {
    const interrupted = (count: number, phase: PhaseName) =>
      line('run.interrupted', { signal: 'SIGINT', count, phase });
    expect(interrupted(2, 'search')).toBe('SIGINT: terminating immediately');
    expect(interrupted(1, 'terminate')).toBe('SIGINT: terminating already');
    expect(interrupted(1, 'archive')).toMatch(
      /everything is terminated; uploading the logs for a few seconds more/,
    );
    expect(interrupted(2, 'archive')).toBe('SIGINT: everything is terminated; the logs stay on this machine');
  });

  test('of a share that is searched twice it is said why', () => {
    const adopted = { ...fields['instance.adopted'], from: '70', takenFrom: 3 };
    expect(line('instance.adopted', adopted, true)).toBe(
      '#0 also searches the share of #3, from chunk 1,203 on: #3 does not answer',
    );
  });

  test('a search for the smallest says so', () => {
    expect(line('run.planned', { ...fields['run.planned'], smallest: true })).toContain(
      'leading zero digits, the smallest golden nonce; nonces',
    );
  });
});

test('puzzles in words: a long block is cut, a header is not shown', () => {
  const long = { scheme: 'sha256d', block: 'x'.repeat(4096), unit: 'bits', difficulty: 20 };
  expect(puzzleText(long)).toBe(`sha256d of '${'x'.repeat(39)}…', 20 leading zero bits`);
  expect(puzzleText({ scheme: 'bitcoin', header: '00', target: 'ff' })).toBe('bitcoin block header');
});

test('a nonce is told as the text has it as well, where that is not in decimal', () => {
  const hit = stamped('hit', { ...fieldsOfEach('')['hit'], nonce: '255' });
  const puzzle = { scheme: 'sha256', template: '{block}:{nonce:x}', block: 'b', prefix: 'cafe' };
  expect(plainLine(hit, false, [], puzzle)).toContain('found golden nonce 255, in the text ff, digest ');
  expect(nonceText('255', { ...puzzle, template: '{nonce}' })).toBe('255');
  expect(nonceText('255', { ...puzzle, template: '{nonce:z}' })).toBe('255');
  expect(nonceText('255')).toBe('255');
  expect(summary(endedWith({ nonce: '255' }), puzzle)).toContain('nonce     255, in the text ff\n');
});

test('machines that live on are released, and never said to be terminated', () => {
  const events = [
    stamped('terminate.started', { instances: 2, released: true }),
    stamped('instance.terminated', { instance: 0, id: 'me@lab1', released: true }),
    ...(['search', 'terminate', 'archive'] as const).flatMap((phase) =>
      [1, 2].map((count) => stamped('run.interrupted', { signal: 'SIGINT', count, phase, released: true })),
    ),
  ];
  const lines = events.map((event) => plainLine(event, true));
  expect(lines.slice(0, 3)).toEqual([
    'releasing 2 instances',
    '#0 released',
    'SIGINT: stopping, pulling logs for a few seconds, then releasing; Ctrl-C again skips the logs',
  ]);
  const told = summary(endedWith({ released: true, left: ['me@lab1'], exitCode: 4, terminated: 3 }));
  expect(told).toMatch(
    /4 launched, 3 released\n[^]*release 0\.20 s[^]*NOT CONFIRMED as released: me@lab1\nRelease them with/,
  );
  expect([...lines, told].join('\n')).not.toMatch(/terminat/i);
});
