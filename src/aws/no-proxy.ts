/** A host and port, as a request goes to them. */
interface Target {
  readonly host: string;
  readonly port: number;
}

/**
 * Whether NO_PROXY exempts a host, as the AWS CLI reads it (Python's urllib): `*`, or names with commas between them; each
 * also means everything below it, may begin with a dot, and may have a port. Pure.
 */
export function isExempt({ host, port }: Target, noProxy: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  const entries = noProxy
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim().replace(/^\.+/, ''))
    .filter((entry) => entry !== '');
  return entries.some((entry) => {
    if (entry === '*') return true;
    return [name, `${name}:${port}`].some((own) => own === entry || own.endsWith(`.${entry}`));
  });
}
