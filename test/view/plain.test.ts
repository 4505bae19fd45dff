import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/event/event.ts';
import { Output } from '../../src/view/output.ts';
import { type Detail, PlainView } from '../../src/view/plain.ts';
import { eventAt, launched, searching } from './terminal/run.ts';

const evil = 'late \u001B[31m\r\n';
const usual = [
  ...launched(1),
  ...searching(0),
  eventAt(4, 'warning', { message: evil }),
  eventAt(5, 'instance.lost', { instance: 0, code: 'x', reason: evil, retrying: false }),
];

async function told(detail: Detail, events: readonly RunEvent[] = usual): Promise<string> {
  let text = '';
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const view = new PlainView({ stdout: new Output(new Writable()), stderr: new Output(stderr) }, detail);
  for (const event of events) view.show(event);
  await view.settle();
  return text;
}

test('plain lines carry their time and no escape codes', async () => {
  const text = await told('normal');
  expect(text).toMatch(/^\[ {3}0\.00\] run 20261120-081103-x7k2: 1 instance on local/);
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
  expect((await told('verbose')).split('\n').length).toBeGreaterThan(text.split('\n').length);
});

test('--quiet leaves warnings and errors', async () => {
  expect(await told('quiet')).toBe('[   3.90] warning: late ?[31m??\n[   4.90] #0 lost: late ?[31m??\n');
});

test('what several instances say in the same words is one line', async () => {
  const missing = (instance: number, reason: string) => eventAt(6, 'logs.missing', { instance, reason });
  const lost = (instance: number, retrying: boolean) =>
    eventAt(6, 'instance.lost', { instance, code: 'x', reason: 'it is gone', retrying });
  const many = Array.from({ length: 12 }, (_, index) => missing(index, 'there was no time left'));
  const events = [
    ...many,
    missing(12, 'the instance does not answer'),
    lost(1, true),
    lost(4, true),
    lost(5, false),
    eventAt(7, 'warning', { message: 'late' }),
    lost(6, false),
  ];
  const lines = (await told('normal', events)).trimEnd().split('\n');
  expect(lines.map((line) => line.replace(/^\[ *[\d.]+\] /, ''))).toEqual([
    '#0 #1 #2 #3 #4 #5 #6 #7 and 4 more syslog could not be pulled: there was no time left',
    '#12 syslog could not be pulled: the instance does not answer',
    '#1 #4 lost: it is gone; retrying',
    '#5 lost: it is gone',
    'warning: late',
    '#6 lost: it is gone',
  ]);
});
