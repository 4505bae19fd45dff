import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type PageElement, draw, factsOf, parse, rowsOf, sectionOf } from './draw.ts';
import { journalOf, syntheticEvents, syntheticId } from './synthetic.ts';

// What the page says, against what is recomputed here from the lines of the journal, with nothing of src/.

type Line = Record<string, unknown> & { event: string; time: string };

const number = (text: string | undefined): number => Number(String(text).replaceAll(/[,#★ ]/g, ''));

/** `2 min 5 s`, `12.3 s` and `1 h 3 min` as seconds. */
function seconds(text: string): number {
  const units: Record<string, number> = { s: 1, min: 60, h: 3600 };
  return [...text.matchAll(/([\d.]+) (s|min|h)/g)].reduce(
    (sum, [, value, unit = '']) => sum + Number(value) * (units[unit] ?? NaN),
    0,
  );
}

function figuresOf(document: PageElement): Map<string, string> {
  const header = document.querySelector('header');
  if (!header) throw new Error('no header');
  return factsOf(header);
}

/** As a person would say it, to three digits. */
function megahashes(rate: number): string {
  const value = rate / 1e6;
  return value >= 99.95 ? `${Math.round(value)} MH/s` : `${value.toPrecision(3)} MH/s`;
}

async function expectNumbers(lines: readonly Line[]): Promise<void> {
  const document = parse(await draw(journalOf(lines)));
  const of = (name: string): Line[] => lines.filter(({ event }) => event === name);
  const ended = of('run.ended')[0];
  const withElapsed = lines.find((line) => 'elapsed' in line);
  const first = Date.parse(lines[0]?.time ?? '');
  const start = withElapsed
    ? Math.min(first, Date.parse(withElapsed.time) - Number(withElapsed['elapsed']) * 1000)
    : first;
  const after = ({ time }: Line): number => Math.max(0, (Date.parse(time) - start) / 1000);

  const figures = figuresOf(document);
  const last = of('run.progress').at(-1);
  expect(number(figures.get('Nonces tested'))).toBe(Number(ended?.['tested'] ?? last?.['tested']));
  if (ended) {
    const time = seconds((figures.get('Time') ?? '').replace(/of at most.*/, ''));
    expect(Math.abs(time - Number(ended['elapsed']))).toBeLessThan(Number(ended['elapsed']) > 119 ? 1 : 0.06);
    expect(figures.get('Rate')).toContain(megahashes(Number(ended['rate'])));
    expect(figures.get('Instances')).toMatch(new RegExp(`^${Number(ended['launched'])}`));
  }

  // The table of the instances: moments, work and shares.
  const hashes = new Map<number, number>();
  const base = new Map<number, number>();
  for (const line of lines) {
    const index = Number(line['instance']);
    if (line.event === 'instance.searching') base.set(index, hashes.get(index) ?? 0);
    if (line.event === 'instance.progress')
      hashes.set(index, (base.get(index) ?? 0) + Number(line['hashes']));
  }
  const total = [...hashes.values()].reduce((sum, value) => sum + value, 0);
  const rows = rowsOf(sectionOf(document, 'Instances'));
  expect(rows.map(([index]) => number(index))).toEqual(
    [...new Set(of('instance.launched').map((line) => Number(line['instance'])))].toSorted((a, b) => a - b),
  );
  const moments: [column: number, event: string][] = [
    [1, 'instance.launched'],
    [2, 'instance.running'],
    [3, 'instance.connected'],
    [4, 'instance.uploaded'],
    [5, 'instance.searching'],
    [7, 'logs.pulled'],
    [8, 'instance.terminated'],
  ];
  for (const row of rows) {
    const index = number(row[0]);
    for (const [column, event] of moments) {
      const line = of(event).find(({ instance }) => instance === index);
      if (line) expect(number(row[column])).toBeCloseTo(after(line), 1.9);
      else expect(row[column]).toMatch(/^(?:–|none)$/);
    }
    const done = hashes.get(index) ?? 0;
    expect(number(row[9])).toBe(Math.round(done));
    if (total > 0 && done / total > 0.0001)
      expect(parseFloat(row[10] ?? '')).toBeCloseTo((100 * done) / total, 0);
  }

  // Samples, probability, faults, what was tested.
  const samples = of('run.progress');
  if (samples.length > 1) {
    const shown = rowsOf(sectionOf(document, 'Hash rate'));
    for (const [at, searching, rate, tested] of shown) {
      const line = samples.find((one) => Math.abs(after(one) - Number(at)) < 0.06);
      expect([searching, number(rate), number(tested)]).toEqual([
        String(line?.['searching']),
        Math.round(Number(line?.['rate'])),
        Number(line?.['tested']),
      ]);
    }
    expect(shown.length).toBeGreaterThanOrEqual(Math.min(60, samples.length));
  }
  const kinds =
    /^(?:warning|run\.resumed|instance\.discredited|instance\.(?:lost|disconnected|reconnected|error)|hit\.rejected|logs\.missing|run\.interrupted|cleanup\.failed|output\.dropped)$/;
  const faults = lines.filter(({ event }) => kinds.test(event));
  const told = rowsOf(sectionOf(document, 'Warnings and faults')).reduce(
    (sum, [, again = '']) => sum + (again === '' ? 1 : parseInt(again, 10)),
    0,
  );
  expect(told).toBe(faults.length);
  const hit = of('hit').at(-1);
  if (hit) {
    const facts = factsOf(sectionOf(document, 'Result'));
    expect(facts.get('nonce')).toBe(ended?.['nonce'] ?? hit['nonce']);
    expect(facts.get('digest')).toBe(ended?.['displayDigest'] ?? ended?.['digest']);
  }
}

test.each([
  [256, 'found'],
  [8, 'found'],
  [8, 'failed'],
  [8, 'interrupted'],
  [8, 'killed'],
] as const)('%i instances, %s', async (instances, ending) => {
  await expectNumbers(syntheticEvents({ instances, ending, seconds: 60 }));
});

describe('a run of an older version', () => {
  const text = readFileSync(new URL('../../event/version-1/events.ndjson', import.meta.url), 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

  test('has the numbers of its journal', async () => {
    await expectNumbers(lines);
  });

  test('names what the journal lacks', async () => {
    const settings = sectionOf(parse(await draw(text)), 'Settings and versions').textContent;
    expect(settings).toMatch(/It lacks: the versions of cnd and Node\.js; the settings of the fleet/);
  });
});

test('a journal that ends before its run does, torn, is a report all the same', async () => {
  const lines = syntheticEvents({ instances: 8, ending: 'killed', seconds: 30 });
  const text = `${journalOf(lines)}{"event":"instance.prog`;
  const document = parse(await draw(text));
  expect(document.querySelector('header')?.textContent).toMatch(/Unfinished: the journal ends/);
  expect(sectionOf(document, 'Warnings and faults').textContent).toMatch(/1 damaged lines?/);
  expect(sectionOf(document, 'Coverage of the nonce space').textContent).toMatch(/what was last reported/);
  expect(sectionOf(document, 'Settings and versions').textContent).toMatch(/It lacks: the result/);
});

test('a run that was resumed says when it had no controller, in every chart of time', async () => {
  const lines: object[] = syntheticEvents({ instances: 8, ending: 'found', seconds: 30 });
  const time = '2026-11-20T08:11:53.000Z';
  lines.splice(200, 0, {
    event: 'run.resumed',
    run: syntheticId,
    time,
    elapsed: 50,
    away: 12,
    epoch: 2,
    by: 'me@here',
  });
  const document = parse(await draw(journalOf(lines)));
  for (const name of ['Timeline of the instances', 'Hash rate', 'Probability against time']) {
    const chart = sectionOf(document, name);
    expect(chart.textContent).toMatch(/Fainter: the run had no controller/);
    expect([...chart.querySelectorAll('g[fill-opacity="0.6"] rect, rect[fill-opacity="0.6"]')].length).toBe(
      1,
    );
  }
  expect(rowsOf(sectionOf(document, 'Warnings and faults')).flat()).toContain(
    'resumed 50.0 s after the start, by me@here; it had no controller for 12.0 s',
  );
});

test('a run that resumes another one says so', async () => {
  const lines = syntheticEvents({ instances: 8, ending: 'found', seconds: 30 }).map((event) =>
    event.event === 'run.planned'
      ? { ...event, resumes: '20261119-000000-aaaa', testedBefore: '1234567' }
      : event,
  );
  const page = sectionOf(parse(await draw(journalOf(lines))), 'Result').textContent;
  expect(page).toMatch(/20261119-000000-aaaa, where 1,234,567 nonces were tested/);
});
