import { UsageError } from '../error.ts';
import { shown } from '../text.ts';

/** The block that is searched when none is given: the one of the 2019 coursework. */
export const defaultBlock = 'COMSM0010cloud';

/** Bytes of a block, and of a template with its block, at most. */
export const maximumBytes = 4096;

/**
 * A block as the text schemes take it: printable ASCII (0x20–0x7e) of 0–4096 bytes.
 *
 * @throws UsageError when it is anything else.
 */
export function parseBlock(text: string): string {
  const wrong = notPrintable(text);
  if (wrong !== undefined) throw badBlock(`block is ${shown(text)}: it has ${wrong}`);
  if (text.length > maximumBytes) {
    throw badBlock(`block is ${shown(text)}: it has ${text.length} bytes, more than ${maximumBytes}`);
  }
  return text;
}

/** What is not printable ASCII in a text, and where, in words. Pure. */
export function notPrintable(text: string): string | undefined {
  const wrong = /[^\x20-\x7e]/u.exec(text);
  if (!wrong) return undefined;
  const code = (wrong[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code} at position ${wrong.index}, which is not printable ASCII`;
}

function badBlock(message: string): UsageError {
  return new UsageError('bad-block', message, {
    about: 'block',
    hint: `Give at most ${maximumBytes} bytes from space to ~, e.g. a hash of the real block in hex.`,
  });
}
