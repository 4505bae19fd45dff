import { expect, test } from 'vitest';
import { InstanceHistory } from '../../src/event/instance-history.ts';
import { stamped } from '../view/example.ts';

const at = (seconds: number): string =>
  new Date(Date.parse('2026-11-20T08:11:03Z') + seconds * 1000).toISOString();
const searching = { instance: 1, kernel: 'native', isa: 'avx2', threads: 2, cores: 2, python: '3.11.7' };

test('what the events say of an instance', () => {
  const history = new InstanceHistory();
  history.show(
    stamped('instance.launched', { instance: 1, id: 'i-1', type: 'c7a.medium', zone: 'eu-west-1a' }, 1),
  );
  history.show(stamped('instance.launched', { instance: 0, id: 'i-0' }, 1));
  history.show(stamped('instance.running', { instance: 1, id: 'i-1', address: 'cnd@127.0.0.1:22' }, 2));
  history.show(stamped('instance.searching', searching, 3));
  history.show(stamped('instance.progress', { instance: 1, hashes: 1000, rate: 1, residues: [] }, 4));
  history.show(stamped('instance.stopped', { instance: 1, reason: 'order' }, 5));
  const name = 'Instance1.log.gz';
  history.show(stamped('logs.pulled', { instance: 1, name, bytes: 77, truncated: true }, 6));
  history.show(stamped('logs.missing', { instance: 0, reason: 'the instance was never reached' }, 6));
  history.show(stamped('instance.terminated', { instance: 1, id: 'i-1' }, 7));
  expect(history.records()).toEqual([
    { index: 0, id: 'i-0', launchedAt: at(1), logMissing: 'the instance was never reached' },
    {
      index: 1,
      id: 'i-1',
      type: 'c7a.medium',
      zone: 'eu-west-1a',
      address: 'cnd@127.0.0.1:22',
      kernel: 'native',
      isa: 'avx2',
      threads: 2,
      python: '3.11.7',
      hashes: 1000,
      launchedAt: at(1),
      runningAt: at(2),
      searchingAt: at(3),
      stoppedAt: at(5),
      terminatedAt: at(7),
      log: { name, bytes: 77, truncated: true },
    },
  ]);
});

test('hashes of all its agents count; it began to search once; only a loss for good is one', () => {
  const history = new InstanceHistory();
  const lost = { instance: 1, code: 'session-lost', reason: 'connection reset' };
  history.show(stamped('instance.launched', { instance: 1, id: 'i-1' }, 0));
  history.show(stamped('instance.searching', searching, 1));
  history.show(stamped('instance.progress', { instance: 1, hashes: 1000, rate: 1, residues: [] }, 2));
  history.show(stamped('instance.lost', { ...lost, retrying: true }, 3));
  expect(history.records()[0]?.lost).toBeUndefined();
  history.show(stamped('instance.searching', searching, 4));
  history.show(stamped('instance.progress', { instance: 1, hashes: 500, rate: 1, residues: [] }, 5));
  history.show(stamped('instance.lost', { ...lost, retrying: false }, 6));
  expect(history.records()).toMatchObject([{ hashes: 1500, searchingAt: at(1), lost: 'connection reset' }]);
});
