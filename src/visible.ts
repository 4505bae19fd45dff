// oxlint-disable-next-line no-control-regex -- these are what must not reach a terminal
const control = /[\u0000-\u001F\u007F-\u009F]/g;

/** What a user or a file gave, as messages quote it: shown, but never obeyed by the terminal. */
export function visible(text: string): string {
  return text.replace(control, '?').slice(0, 80);
}
