import { type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { Markup } from '../../../src/view/html.ts';
import { WebReader } from '../../../src/view/web/reader.ts';
import { eventually } from '../../helper/process.ts';

const large = (letter: string): Map<string, Markup> =>
  new Map([['part', new Markup(letter.repeat(2 ** 24))]]);

test('a browser that takes nothing is sent nothing more, and is dropped', async () => {
  let response: ServerResponse | undefined;
  const server = createServer((_, answering) => {
    response = answering;
    answering.writeHead(200);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.pause();
  const answering = await eventually('a request', () => response);
  const reader = new WebReader(answering, 100);
  reader.send(large('a'));
  const held = answering.writableLength;
  expect(held).toBeGreaterThan(2 ** 20);
  reader.send(large('b'));
  reader.send(large('c'));
  expect(answering.writableLength).toBeLessThanOrEqual(held);
  await eventually('it is dropped', () => {
    reader.send(large('d'));
    return answering.destroyed;
  });
  await reader.end();
  socket.destroy();
  server.close();
});
