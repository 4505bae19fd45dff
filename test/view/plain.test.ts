import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Output } from '../../src/view/output.ts';
import { type Detail, PlainView } from '../../src/view/plain.ts';
import { eventAt, launched, searching } from './terminal/run.ts';

function told(detail: Detail): string {
  let text = '';
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const view = new PlainView({ stdout: new Output(new Writable()), stderr: new Output(stderr) }, detail);
  const evil = 'late \u001B[31m\r\n';
  const events = [
    ...launched(1),
    ...searching(0),
    eventAt(4, 'warning', { message: evil }),
    eventAt(5, 'instance.lost', { instance: 0, code: 'x', reason: evil, retrying: false }),
  ];
  for (const event of events) view.show(event);
  return text;
}

test('plain lines carry their time and no escape codes', () => {
  const text = told('normal');
  expect(text).toMatch(/^\[ {3}0\.00\] run 20261120-081103-x7k2: 1 instance on local/);
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
  expect(told('verbose').split('\n').length).toBeGreaterThan(text.split('\n').length);
});

test('--quiet leaves warnings and errors', () => {
  expect(told('quiet')).toBe('[   3.90] warning: late ?[31m??\n[   4.90] #0 lost: late ?[31m??\n');
});
