import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Metaphors and archaic words that had a plain technical term instead: docs/words.md maps them. They must not come back.
const banned =
  /\b(?:crews?|groundwork|doubt(?:s|ful)?|patien(?:ce|t|tly)|troubled?|troubles|complain(?:s|t|ts|ed)?|leftovers?|bury|buried|misfortunes?|neighbourhoods?|verdicts?|rhythms?|rosters?|post-?mortems?|hurry|mend(?:s|ed)?|strangers?)\b/i;

/** Words of messages that have a standard wording, as AWS, kubectl or OpenSSH have it. */
const phrases = [
  /answers too many requests/,
  /has room for \d/,
  /launches no more/,
  /is let in from/,
  /it is looked again/,
  /did not want to wait/,
  /once more to/,
  /keeps what is not/,
  /but only here/,
  /waiting for .* to be dead/,
  /reports what cannot be/,
  /slip of the finger/,
];

/** Where such a word is right: the name of a thing that is not ours, or the list itself. */
const allowed: readonly RegExp[] = [/^docs\/words\.md:/];

const root = join(import.meta.dirname, '..');
const files = ['src', 'remote', 'docs']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.(?:ts|py|c|h|md)$/.test(name) && !/\/(?:build|__pycache__)\//.test(name))
  .concat('README.md', 'SECURITY.md', 'CONTRIBUTING.md');

/** `camelCase` and `snake_case` as words. */
function words(line: string): string {
  return line.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
}

test('a word that docs/words.md replaces is found, in prose and in names', () => {
  for (const line of ['a crew of workers', 'const loginPatience = 3', 'onTrouble(error)', 'SPOOL_TROUBLE'])
    expect(words(line)).toMatch(banned);
  expect(words('a condition of an IAM policy, in the mendix store')).not.toMatch(banned);
});

test('sources and documents use the terms of docs/words.md', () => {
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((name) =>
    readFileSync(join(root, name), 'utf8')
      .split('\n')
      .map((line, index) => `${name}:${index + 1}: ${line.trim()}`)
      .filter((line) => [banned, ...phrases].some((word) => word.test(words(line))))
      .filter((line) => !allowed.some((exception) => exception.test(line))),
  );
  expect(found).toEqual([]);
});

test('no file is named after one of them', () => {
  expect(files.filter((name) => banned.test(name.replaceAll('-', ' ')))).toEqual([]);
});
