/** Whether a name matches one pattern with `*` and `?` (ssh_config(5), PATTERNS). Pure. */
export function matchesPattern(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    // Several in a row mean one, and would make the expression slow.
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

/** Whether a name matches a list of patterns with commas, none of which may exclude it by `!`. Pure. */
export function matchesList(name: string, list: string): boolean {
  const patterns = list.split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(name, pattern.slice(1))))
    return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(name, pattern));
}
