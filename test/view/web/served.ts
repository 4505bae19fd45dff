import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { WebMessage } from '../../../src/view/web/reader.ts';

/** The address of a live report, in its parts. */
export interface ServedAddress {
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly token: string;
}

/** Takes an address apart as a browser does. */
export function addressOf(address: string): ServedAddress {
  const { origin, host, port, pathname, hash } = new URL(address);
  return { origin, host, port: Number(port), path: pathname, token: hash.slice(1) };
}

/** What a server has answered. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request as a program makes it, with any headers; `to`: the address that is connected to. */
export function ask(
  { port }: Pick<ServedAddress, 'port'>,
  path: string,
  {
    method = 'GET',
    headers = {},
    to = '127.0.0.1',
  }: { method?: string; headers?: OutgoingHttpHeaders; to?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: to, port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Follows a run as the page does: every message, until the last one or until `leave`. */
export function follow({ port, origin, token }: ServedAddress): {
  readonly messages: WebMessage[];
  readonly ended: Promise<void>;
  readonly status: Promise<number>;
  readonly leave: () => void;
} {
  const messages: WebMessage[] = [];
  const asked = request({
    host: '127.0.0.1',
    port,
    path: '/updates',
    method: 'POST',
    headers: { Origin: origin, 'X-Cnd-Token': token },
    agent: false,
  });
  const ended = new Promise<void>((resolve) => asked.once('close', () => resolve()));
  const status = new Promise<number>((resolve) => {
    asked.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.on('error', () => {});
      createInterface({ input: response })
        .on('line', (line) => {
          if (line.startsWith('{')) messages.push(JSON.parse(line) as WebMessage);
        })
        .on('error', () => {});
    });
  });
  asked.on('error', () => {});
  asked.end();
  return { messages, ended, status, leave: () => void asked.destroy() };
}
