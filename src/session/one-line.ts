// oxlint-disable-next-line no-control-regex -- these are what must not be in a line
const control = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g;

/** What a machine said, as one line of at most so many characters: for the inside of a message. Pure. */
export function oneLine(text: string, longest = 300): string {
  const line = text
    .split(/[\r\n]+/)
    .map((part) => part.replace(control, ' ').trim())
    .filter((part) => part !== '')
    .join('; ');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
