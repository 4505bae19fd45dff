import type { EventFields, EventName, RunEvent } from '../../../src/event/event.ts';

export const syntheticId = '20261120-081103-x7k2';

/** What is to be told of a run that never was. */
export interface SyntheticRun {
  readonly instances: number;
  /** How it ends. */
  readonly ending: 'found' | 'failed' | 'interrupted' | 'killed';
  /** Seconds that are searched. */
  readonly seconds: number;
}

const start = Date.parse('2026-11-20T08:11:03.000Z');
const chunk = 1_000_000;
const p = 16 ** -8;

/** Numbers from 0 to below 1, always the same ones. */
function* numbers(): Generator<number, never> {
  for (let state = 12_345; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

/** The events of a run on EC2 as they might have been, with some instances slow, lost, disconnected and retried. */
export function syntheticEvents({ instances: n, ending, seconds }: SyntheticRun): RunEvent[] {
  const events: { at: number; event: RunEvent }[] = [];
  const random = numbers();
  const draw = (least: number, most: number): number => least + (most - least) * random.next().value;
  const emit = <Name extends EventName>(at: number, event: Name, fields: EventFields[Name]): void => {
    const time = new Date(start + Math.round(at * 1000)).toISOString();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in EventStream: name and fields belong together
    events.push({ at, event: { event, time, run: syntheticId, ...fields } as unknown as RunEvent });
  };
  emit(2, 'run.planned', {
    schema: 2,
    fleet: 'ec2',
    instances: n,
    timeLimit: 600,
    puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 8 },
    from: '0',
    limit: `${2 ** 36}`,
    chunk: `${chunk}`,
    smallest: false,
    kernel: 'auto',
    expectedNonces: `${16 ** 8}`,
    spaceProbability: 1,
    logs: `s3://logs/${syntheticId}`,
    versions: { cnd: '0.1.0', node: '20.19.0', platform: 'linux-x64' },
    fleetConfig: { type: ['c7a.medium'], region: 'eu-west-1' },
  });
  emit(2, 'run.preflight', {
    facts: [['image', 'ami-0123456789abcdef0, Ubuntu 24.04']],
    cost: 0.057 * n * 0.18,
    costBasis: 'c7a.medium on demand at $0.052/h and $0.005/h for its address',
    price: { hourly: 0.057, leastSeconds: 60, basis: 'c7a.medium on demand' },
  });
  emit(2.1, 'launch.started', { instances: n });
  const end = 45 + seconds;
  const rates = Array.from({ length: n }, (_, index) => (index % 23 === 5 ? 1.1e6 : draw(2.1e6, 2.5e6)));
  const searching: number[] = [];
  const hashes = rates.map(() => 0);
  for (let instance = 0; instance < n; instance++) {
    const launched = draw(3, 5);
    const running = launched + draw(8, 14);
    const connected = running + draw(6, 14) + (instance % 31 === 7 ? 12 : 0);
    const uploaded = connected + draw(0.4, 1.2);
    const first = uploaded + draw(0.5, 1.5);
    searching.push(first);
    emit(launched, 'instance.launched', {
      instance,
      id: `i-0${instance.toString(16).padStart(16, '0')}`,
      type: 'c7a.medium',
      zone: `eu-west-1${'abc'[instance % 3]}`,
    });
    emit(running, 'instance.running', {
      instance,
      id: `i-0${instance.toString(16).padStart(16, '0')}`,
      address: `ubuntu@10.0.${instance >> 8}.${instance & 255}:22`,
    });
    emit(connected, 'instance.connected', { instance });
    emit(uploaded, 'instance.uploaded', { instance, bytes: 250_123 });
    emit(first, 'instance.searching', {
      instance,
      kernel: 'kernel-linux-x64',
      isa: 'sha-ni',
      threads: 1,
      cores: 1,
      python: '3.12.3',
    });
    if (instance % 41 === 3) {
      emit(first + 12, 'instance.disconnected', { instance, code: 'ssh-lost', reason: 'keepalive timeout' });
      emit(first + 19, 'instance.reconnected', { instance, seconds: 7 });
    }
  }
  if (ending === 'failed') {
    for (let instance = 0; instance < n; instance++)
      emit(30 + instance * 0.01, 'instance.lost', {
        instance,
        code: 'ssh-lost',
        reason: 'connection reset by peer',
        hint: 'look at its console output',
        retrying: false,
      });
  }
  const isFailed = ending === 'failed';
  const stopAt = isFailed ? 31 : end;
  if (!isFailed) emit(44, 'search.all', { instances: n, elapsed: 44 });
  const work = (instance: number, at: number): number =>
    Math.max(0, at - (searching[instance] ?? 0)) * (rates[instance] ?? 0);
  const chance = (tested: number): number => -Math.expm1(tested * Math.log1p(-p));
  for (let at = 15; at < stopAt; at += 1) {
    const tested = rates.reduce((sum, _, instance) => sum + Math.floor(work(instance, at)), 0);
    emit(at, 'run.progress', {
      searching: searching.filter((first) => first < at).length,
      tested: `${tested}`,
      rate: rates.reduce((sum, rate, instance) => sum + ((searching[instance] ?? 0) < at ? rate : 0), 0),
      probability: chance(tested),
      elapsed: at,
      remaining: 600 - at,
    });
    for (let instance = Math.round(at) % 12; instance < n; instance += 12) {
      if ((searching[instance] ?? 0) >= at) continue;
      emit(at, 'instance.progress', {
        instance,
        hashes: Math.floor(work(instance, at)),
        rate: rates[instance] ?? 0,
        residues: [residue(instance, n, work(instance, at))],
      });
    }
  }
  for (let instance = 0; instance < n; instance++) {
    const done = Math.floor(work(instance, stopAt));
    hashes[instance] = done;
    emit(stopAt, 'instance.progress', {
      instance,
      hashes: done,
      rate: 0,
      residues: [residue(instance, n, done)],
    });
  }
  const tested = hashes.reduce((sum, value) => sum + value, 0);
  const golden = 3 % n;
  const nonce = `${golden * chunk + 1234}`;
  const digest = '00000000a1e75ab1d7d1f2b0a8c0ee11a6e1f7bd5d6ca7b3a8bb0f3c28de59b1';
  if (ending === 'found') {
    emit(end, 'hit', { instance: golden, nonce, digest, elapsed: end });
    emit(end + 0.01, 'broadcast', { channel: 'sqs', nonce, digest });
  }
  if (ending === 'interrupted') emit(end, 'run.interrupted', { signal: 'SIGINT', count: 1, phase: 'search' });
  if (ending !== 'killed') {
    for (let instance = 0; instance < n; instance++)
      if (!isFailed)
        emit(stopAt + 0.05 + draw(0, 0.4), 'instance.stopped', { instance, reason: 'stop', latency: 0.05 });
    emit(stopAt + 0.5, 'search.stopped', { reason: ending, latency: 0.5, unconfirmed: [] });
    for (let instance = 0; instance < n; instance++) {
      if (instance % 50 === 11)
        emit(stopAt + 4, 'logs.missing', { instance, reason: 'there was no time left' });
      else if (!isFailed)
        emit(stopAt + draw(0.6, 4), 'logs.pulled', {
          instance,
          name: `Instance${instance}.log.gz`,
          bytes: 12_345,
        });
    }
    emit(stopAt + 4.1, 'terminate.started', { instances: n });
    for (let instance = 0; instance < n; instance++)
      emit(stopAt + 5 + draw(0, 2), 'instance.terminated', {
        instance,
        id: `i-0${instance.toString(16).padStart(16, '0')}`,
      });
    const outcome = ending;
    emit(stopAt + 7.1, 'run.ended', {
      outcome,
      exitCode: { found: 0, failed: 1, interrupted: 130 }[ending],
      ...(ending === 'found' && { nonce, digest, instance: golden }),
      ...(isFailed && { reason: 'every instance was lost: connection reset by peer' }),
      ...(ending === 'interrupted' && { reason: 'SIGINT' }),
      tested: `${tested}`,
      rate: tested / (stopAt - Math.min(...searching)),
      elapsed: stopAt + 7.1,
      phases: {
        plan: 2.1,
        launch: 2.9,
        boot: Math.min(...searching) - 5,
        search: stopAt - Math.min(...searching),
        stop: 0.5,
        logs: 3.6,
        terminate: 3,
      },
      coverage: {
        tested: `${tested}`,
        from: '0',
        chunk: `${chunk}`,
        stride: n,
        residues: hashes.map((value, instance) => residue(instance, n, value)),
        ranges: [['0', `${chunk}`]],
        rangesCut: true,
      },
      smallest: false,
      logs: `s3://logs/${syntheticId}`,
      launched: n,
      terminated: n,
      left: [],
      probability: chance(tested),
      cost: 0.057 * n * 0.03,
      costBasis: 'c7a.medium on demand at $0.052/h and $0.005/h for its address',
    });
  }
  return events
    .filter(
      ({ at, event }) => !isFailed || at < 30 || !/^instance\.(?!lost|progress|terminated)/.test(event.event),
    )
    .toSorted((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

/** What is done of a residue of which so many nonces were tested. */
function residue(index: number, n: number, tested: number) {
  const whole = Math.floor(tested / chunk);
  const next = index + whole * n;
  const begin = next * chunk;
  const rest = Math.floor(tested) % chunk;
  return {
    residue: index,
    next: `${next}`,
    done: rest > 0 ? [[`${begin}`, `${begin + rest}`] as [string, string]] : [],
  };
}

/** Events as a journal has them. */
export function journalOf(events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
