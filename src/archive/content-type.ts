const types: readonly (readonly [suffix: string, type: string])[] = [
  ['.ndjson', 'application/x-ndjson'],
  ['.json', 'application/json'],
  // An object of its own type: a Content-Encoding of gzip would only be metadata, which some clients act on.
  ['.gz', 'application/gzip'],
];

/** The media type of an archive entry, by its name. Pure. */
export function contentType(name: string): string {
  return types.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'application/octet-stream';
}
