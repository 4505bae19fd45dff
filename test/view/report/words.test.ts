import { expect, test } from 'vitest';
import { draw, parse, rowsOf, sectionOf } from './draw.ts';
import { journalOf, syntheticEvents } from './synthetic.ts';

const pageOf = async (ending: 'found' | 'failed' | 'interrupted') =>
  parse(await draw(journalOf(syntheticEvents({ instances: 8, ending, seconds: 40 }))));

test('of a run that found nothing, nothing is said to be marked', async () => {
  const [found, failed] = await Promise.all([pageOf('found'), pageOf('failed')]);
  expect(sectionOf(found, 'Share of work').textContent).toContain('that found the golden nonce is marked');
  expect(sectionOf(failed, 'Share of work').textContent).not.toContain('golden nonce');
});

test('the axis of small probabilities tells them apart', async () => {
  const events = syntheticEvents({ instances: 8, ending: 'interrupted', seconds: 40 }).map((event) =>
    event.event === 'run.progress' || event.event === 'run.ended'
      ? { ...event, probability: (event.probability ?? 0) * 1e-9 }
      : event,
  );
  const document = parse(await draw(journalOf(events)));
  const labels = (page: typeof document): string[] =>
    [...(sectionOf(page, 'Probability against time').querySelector('svg')?.querySelectorAll('text') ?? [])]
      .map(({ textContent }) => textContent)
      .filter((text) => /^[\d.e-]+$/.test(text));
  const [small, large] = [labels(document), labels(await pageOf('found'))];
  expect(small).toEqual(expect.arrayContaining(['0', '5e-9', '1e-8']));
  expect(large).toEqual(expect.arrayContaining(['0', '5', '10']));
});

test('a peak below the average, of a short search, is not told', async () => {
  const events = syntheticEvents({ instances: 8, ending: 'found', seconds: 40 });
  const words = async (rate: number): Promise<string> => {
    const changed = events.map((event) => (event.event === 'run.ended' ? { ...event, rate } : event));
    return (
      sectionOf(parse(await draw(journalOf(changed))), 'Hash rate').querySelector('p')?.textContent ?? ''
    );
  };
  expect(await words(1e6)).toMatch(
    /^All instances together, at most [\d.]+ MH\/s, 1\.00 MH\/s on average while searching\.$/,
  );
  expect(await words(1e9)).toBe('All instances together, 1,000 MH/s on average while searching.');
});

test('what each instance is has a table of its own, and the first of many ranges are counted', async () => {
  const page = await pageOf('found');
  expect(rowsOf(sectionOf(page, 'Machines'))[3]).toEqual([
    '#3 ★',
    'i-00000000000000003, c7a.medium, eu-west-1a, ubuntu@10.0.0.3:22',
    'kernel-linux-x64 (sha-ni), 1 of 1 cores, Python 3.12.3',
  ]);
  expect(sectionOf(page, 'Coverage of the nonce space').textContent).toContain('tested: the first 1 range');
});
