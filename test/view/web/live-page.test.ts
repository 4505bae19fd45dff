import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/event/event.ts';
import { parseEvent } from '../../../src/event/journal-reader.ts';
import { livePage, livePolicy } from '../../../src/view/web/live-page.ts';
import { LiveReport } from '../../../src/view/web/live-report.ts';
import { script } from '../../../src/view/web/script.ts';
import { eachEvent, run } from '../example.ts';
import { parse } from '../report/draw.ts';
import { journalOf, syntheticEvents, syntheticId } from '../report/synthetic.ts';

async function reportOf(id: string, events: readonly RunEvent[]): Promise<LiveReport> {
  const live = await LiveReport.open(id, Date.parse(events[0]?.time ?? '2026-11-20T08:11:03Z'));
  for (const event of events) live.tell(event);
  return live;
}

test.each([
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</div></script><script>alert(1)</script>',
  '\u001B]0;x\u0007\u202Eevil\u0000\uD800',
])('%j in every field of every event is text in what is sent', async (text) => {
  const events = journalOf(eachEvent(text))
    .split('\n')
    .map(parseEvent)
    .filter((event) => typeof event === 'object' && event.event !== 'run.ended') as RunEvent[];
  expect(events.length).toBeGreaterThan(20);
  const parts = (await reportOf(run, events)).parts();
  expect(parts.size).toBe(14);
  for (const { text: html } of parts.values())
    for (const element of parse(html).querySelectorAll('*')) {
      expect(element.localName).not.toMatch(/^(?:script|img|iframe|object|embed|link|base|form|a)$/);
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^(?:on|style$|src|href|action|xlink)/);
        expect(value).not.toMatch(/javascript:|url\(/);
      }
    }
  for (const part of parts.values())
    for (const never of ['<script', '\u202E', '\u001B']) expect(part.text).not.toContain(never);
});

test('before the first event there is a report; the policy admits the script and the style of the page by their hashes', async () => {
  const parts = (await reportOf(syntheticId, [])).parts();
  expect(parts.get('result')?.text).toContain('none yet');
  const document = parse(livePage);
  expect([...document.querySelectorAll('script')].map(({ textContent }) => textContent)).toEqual([script]);
  for (const name of ['script', 'style']) {
    const text = document.querySelector(name)?.textContent ?? '';
    expect(text.length).toBeGreaterThan(1000);
    expect(livePolicy).toContain(
      `${name}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`,
    );
  }
});

test('it says where the run is, and nothing of an end that has not come', async () => {
  const events = syntheticEvents({ instances: 8, ending: 'found', seconds: 40 });
  const words = async (until: RunEvent['event']): Promise<string> => {
    const at = events.findIndex(({ event }) => event === until);
    const parts = (await reportOf(syntheticId, events.slice(0, at + 1))).parts();
    expect(parts.get('settings')?.text).not.toMatch(/lacks/);
    return parse(parts.get('heading')?.text ?? '').querySelector('.outcome')?.textContent ?? '';
  };
  expect(await words('run.planned')).toBe('Running: planning');
  expect(await words('instance.launched')).toBe('Running: launching the instances');
  expect(await words('instance.searching')).toBe('Running: 1 of 8 instances searching');
  // One is disconnected then.
  expect(await words('search.all')).toBe('Running: 7 of 8 instances searching');
  expect(await words('search.stopped')).toBe('Running: the search has ended');
  expect(await words('terminate.started')).toBe('Running: terminating the instances');
  expect(await words('run.ended')).toMatch(/^Golden nonce found/);
});

test('it is drawn once a second at most, however often it is asked for, and at once when the run ends', async () => {
  const events = syntheticEvents({ instances: 2, ending: 'found', seconds: 10 });
  const live = await reportOf(
    syntheticId,
    events.filter(({ event }) => event !== 'run.ended'),
  );
  const first = live.parts();
  expect(live.freshFor).toBeGreaterThan(0);
  const warning = {
    event: 'warning',
    time: events[0]?.time ?? '',
    run: syntheticId,
    message: 'new',
  } as const;
  live.tell(warning);
  expect(live.parts()).toBe(first);
  for (const event of events) if (event.event === 'run.ended') live.tell(event);
  expect(live.parts()).not.toBe(first);
  expect(live.parts().get('faults')?.text).toContain('new');
});
