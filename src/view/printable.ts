// oxlint-disable-next-line no-control-regex -- these are what must not reach a terminal
const control = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/** Text from an instance or a user, safe for a terminal: control and direction-changing characters become `?`. */
export function printable(text: string, longest = 500): string {
  const clean = text.replace(control, '?');
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}
