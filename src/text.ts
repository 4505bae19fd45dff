import { CndError } from './error.ts';

const ascii = /^[\u0020-\u007E]*$/;

/** Drawn onto the character before them, or not at all. */
const zero = /[\p{Mn}\p{Me}\u1160-\u11FF\u200B-\u200D\u2060\uFEFF]/u;

/** East Asian wide and full-width forms (Unicode Standard Annex 11), and what terminals draw as emoji. */
const wide =
  /[\u1100-\u115E\u2E80-\u303E\u3041-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** U+FE0F asks for the emoji form of the character before it, which some terminals then draw one column wider. */
const emojiForm = '\uFE0F';

/**
 * What must not reach a terminal: control characters, line separators, those that change the direction of the text around
 * them (Unicode Standard Annex 9), halves of surrogate pairs, and interlinear annotations.
 */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\u206A-\u206F\uFFF9-\uFFFB]/gu;

/** Text from an instance or a user, safe for a terminal: control and direction-changing characters become `?`. Pure. */
export function printable(text: string, longest = 500): string {
  const clean = text.replace(unprintable, '?');
  if (clean.length <= longest) return clean;
  // Not in the middle of a surrogate pair.
  return `${clean.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/**
 * Columns that a text without control characters takes in a terminal. Where terminals differ (joined emoji) it is the
 * most that any takes: a line that is cut too early is fine, one that wraps is not. Pure.
 */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text, or as much of its beginning as fits into so many columns with an ellipsis. Pure. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns <= 0) return '';
  let width = 1; // of the ellipsis
  let kept = '';
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Words of which one is to be chosen: `a`, `a or b`, `a, b or c`; empty for none. Pure. */
export function alternatives(words: readonly string[]): string {
  const others = words.slice(0, -1).join(', ');
  return [...(others === '' ? [] : [others]), ...words.slice(-1)].join(' or ');
}

/** The text in lines of at most so many columns, broken between words; a longer word has a line of its own. Pure. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The text with spaces before (`start`) or after it (`end`), so that it takes at least so many columns. Pure. */
export function pad(text: string, columns: number, side: 'start' | 'end'): string {
  const blank = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return side === 'start' ? blank + text : text + blank;
}

function characterWidth(character: string): number {
  if (character === emojiForm) return 1;
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** What a user or a file gave, as messages quote it: shown, but never obeyed by the terminal. Pure. */
export function visible(text: string): string {
  return printable(text, Number.MAX_SAFE_INTEGER).slice(0, 80);
}

/** A value as errors show it: quoted, so that spaces and newlines are seen, and never longer than a line. Pure. */
export function shown(value: string | number | undefined): string {
  const text = visible(JSON.stringify(value ?? ''));
  return text.length <= 40 ? text : `${text.slice(0, 40)}… (${String(value).length} characters)`;
}

/** Needs no quotes in any shell; everything else gets them. */
const plainWord = /^[A-Za-z0-9_./:@%+,-]+$/;

/** Plain words that a shell would take for its own grammar at the start of a command (POSIX 2.4). */
const reserved = new Set('case do done elif else esac fi for if in then until while'.split(' '));

/**
 * Quotes one word for a POSIX shell, so that it arrives as exactly these bytes.
 *
 * @throws CndError `shell-word` for a NUL, which no argument can carry.
 */
export function quote(word: string): string {
  if (word.includes('\0')) {
    throw new CndError('shell-word', 'a word for the shell contains a NUL', { about: JSON.stringify(word) });
  }
  return plainWord.test(word) && !reserved.has(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** The text of a stream of at most so many bytes. @throws what `tooLong` makes, for a longer one; what the stream throws. */
export async function boundedText(
  stream: AsyncIterable<Buffer>,
  most: number,
  tooLong: () => Error,
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > most) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
