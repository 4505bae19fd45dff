import { Agent as HttpAgent, get as getHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as getHttps } from 'node:https';

/** Characters of a page that are read: an address is at most 45. */
const longest = 1000;

/** Redirects that are followed. */
const mostRedirects = 3;

/**
 * Reads a page that tells the address it is asked from; never through a proxy, whatever the environment says: that would tell the
 * proxy's address. (`fetch` and Node's global agents take one from it with NODE_USE_ENV_PROXY; agents of one's own do not.)
 * @throws when there is no answer, or another than 200.
 */
export async function readPage(url: string, signal: AbortSignal): Promise<string> {
  let at = new URL(url);
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(at, signal);
    const { statusCode = 0, headers } = answer;
    const isMoved = statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
    if (!isMoved || redirects === mostRedirects) {
      if (statusCode === 200) return textOf(answer);
      answer.destroy();
      throw new Error(`it answered ${statusCode}`);
    }
    answer.destroy();
    at = new URL(headers.location ?? '', at);
  }
}

function ask(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  const agent = isTls ? new HttpsAgent() : new HttpAgent();
  return new Promise((resolve, reject) => {
    (isTls ? getHttps : getHttp)(url, { agent, signal }, resolve).on('error', reject);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > longest) break;
  }
  return text.trim();
}
