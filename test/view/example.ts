import type { EventFields, EventName, RunEvent } from '../../src/event/event.ts';

export const run = '20261120-081103-x7k2';
const digest = '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa';

export const ended: EventFields['run.ended'] = {
  outcome: 'found',
  exitCode: 0,
  nonce: '116',
  digest,
  instance: 3,
  tested: '1234567',
  rate: 2_500_000,
  elapsed: 12.34,
  phases: { plan: 0.2, launch: 0.5, boot: 1, search: 9, stop: 0.05, logs: 0.3, terminate: 0.2 },
  coverage: {
    tested: '1234567',
    from: '0',
    chunk: '1000000',
    stride: 4,
    residues: [],
    ranges: [
      ['0', '1000000'],
      ['2000000', '2234567'],
    ],
    rangesCut: false,
  },
  smallest: false,
  logs: `/srv/logs/${run}`,
  launched: 4,
  terminated: 4,
  left: [],
};

/** One of each event; every text that may come from an instance or a fleet is `text`. */
export function fieldsOfEach(text: string): { [Name in EventName]: EventFields[Name] } {
  return {
    'run.planned': {
      fleet: 'local',
      instances: 4,
      timeLimit: 60,
      puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 6 },
      from: '0',
      limit: '4294967296',
      chunk: '1000000',
      smallest: false,
      kernel: 'auto',
      expectedNonces: '16777216',
      spaceProbability: 1,
      logs: `/srv/logs/${run}`,
    },
    'run.resumed': { elapsed: 12.5, away: 3.25, epoch: 2, by: text },
    'run.preflight': { facts: [['image', text]], cost: 0.42, costBasis: text },
    warning: { message: text, hint: text },
    'launch.started': { instances: 4 },
    'instance.launched': { instance: 0, id: text },
    'instance.running': { instance: 0, id: text, address: text },
    'instance.waiting': { instance: 0, cause: text, message: text },
    'instance.connected': { instance: 0 },
    'instance.armed': { instance: 0 },
    'instance.uploaded': { instance: 0, bytes: 23_456 },
    'instance.searching': {
      instance: 0,
      kernel: text,
      isa: text,
      threads: 2,
      cores: 2,
      python: text,
      note: text,
    },
    'search.all': { instances: 4, elapsed: 1.5 },
    'instance.progress': { instance: 0, hashes: 1_000_000, rate: 500_000, residues: [] },
    'run.progress': {
      searching: 4,
      tested: '5000000',
      rate: 2_000_000,
      probability: 0.25,
      elapsed: 10,
      remaining: 47,
    },
    'instance.idle': { instance: 0 },
    'instance.adopted': { instance: 0, residue: 3, next: '1203' },
    'instance.released': { instance: 0, residue: 3, next: '1203' },
    'instance.error': { instance: 0, message: text },
    hit: { instance: 0, nonce: '116', digest, elapsed: 2.5 },
    'hit.rejected': { instance: 0, nonce: text, digest: text, reason: text },
    broadcast: { channel: 'in-process', nonce: '116', digest },
    'instance.stopped': { instance: 0, reason: text, latency: 0.0123 },
    'search.stopped': { reason: text, latency: 0.05, unconfirmed: [2, 3] },
    'instance.discredited': { instance: 0, nonces: '30000000' },
    'instance.disconnected': { instance: 0, code: text, reason: text },
    'instance.reconnected': { instance: 0, seconds: 2.5 },
    'instance.interrupted': { instance: 0, action: text, time: text },
    'instance.replaced': { instance: 0, replacement: 4 },
    'instance.lost': { instance: 0, code: text, reason: text, retrying: true },
    'logs.pulled': { instance: 0, name: 'Instance0.log.gz', bytes: 2048 },
    'logs.missing': { instance: 0, reason: text },
    'terminate.started': { instances: 4 },
    'instance.terminated': { instance: 0, id: text },
    'archive.started': { location: text, files: 6 },
    'logs.archived': { location: text, files: 6, bytes: 20_480 },
    'archive.pruned': { location: text, runs: 3, keep: '90d' },
    'run.interrupted': { signal: text, count: 1 },
    'cleanup.failed': { what: text, reason: text },
    'output.dropped': { frames: 12, progress: 3456 },
    'run.ended': { ...ended, reason: text, left: [text] },
  };
}

/** An event as the stream stamps it, `seconds` after 08:11:03. */
export function stamped<Name extends EventName>(
  event: Name,
  fields: EventFields[Name],
  seconds = 0,
): RunEvent {
  const time = new Date(Date.parse('2026-11-20T08:11:03Z') + seconds * 1000).toISOString();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in EventStream: name and fields belong together
  return { event, time, run, ...fields } as RunEvent;
}

/** One of each event, stamped. */
export function eachEvent(text = 'words'): RunEvent[] {
  const fields = fieldsOfEach(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a mapped type over exactly these
  return (Object.keys(fields) as EventName[]).map((name) => stamped(name, fields[name]));
}

/** `run.ended` with some fields of its own. */
export function endedWith(fields: Partial<EventFields['run.ended']>) {
  return { event: 'run.ended' as const, time: '2026-11-20T08:11:15.340Z', run, ...ended, ...fields };
}
