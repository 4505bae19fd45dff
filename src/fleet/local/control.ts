import { connect } from 'node:net';
import { LineReader } from './line-reader.ts';
import { controlReply } from './record.ts';
import type { ControlRequest, HostRecord, LocalInstanceRecord } from './record.ts';

/** What to ask: a request without the token, which is in the record. */
export type Question =
  | { readonly ask: 'describe' }
  | { readonly ask: 'launch'; readonly index: number }
  | { readonly ask: 'terminate'; readonly ids?: readonly string[] };

/** Asks a run's host how its instances are (afterwards); fails when there is no proper answer until `signal`. */
export async function queryHost(
  record: HostRecord,
  question: Question,
  signal: AbortSignal,
): Promise<LocalInstanceRecord[]> {
  const socket = connect({ host: '127.0.0.1', port: record.port, noDelay: true });
  socket.on('error', () => undefined); // the reader sees the end
  try {
    const request: ControlRequest = { ...question, token: record.token };
    socket.write(`${JSON.stringify(request)}\n`);
    const line = await new LineReader(socket).next(signal);
    return controlReply.parse(JSON.parse(line ?? 'null')).instances;
  } finally {
    socket.destroy();
  }
}
