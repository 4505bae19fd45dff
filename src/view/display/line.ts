/** Calls `take` with each JSON value of a stream that has one a line; what is none is skipped. */
export function onMessages(stream: NodeJS.ReadableStream, take: (message: unknown) => void): void {
  onLines(stream, (line) => {
    const message = parsedLine(line);
    if (message !== undefined) take(message);
  });
}

/** Calls `take` with each complete line of a stream, without its newline. */
export function onLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}

/** The value in a line; undefined when it is none. */
export function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
