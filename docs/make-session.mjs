// Makes docs/session.svg, the terminal session at the top of the README, from a real run: types the command into a
// shell in tmux, takes what the terminal shows a few times a second, and draws each screen as text.
//
//   npm run build && node docs/make-session.mjs
//
// The pictures follow each other by CSS; a viewer without animations, and who wants none, sees the last one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters as plain } from 'node:util';
import { readArguments } from '../script/arguments.mjs';

readArguments(import.meta.url);

const size = { columns: 104, rows: 20 };
const shown = 'npx --no -- cnd start --N 8 --T 60 --D 7';
/** Milliseconds between two looks, and for how long the last picture stays. */
const interval = 400;
const last = 6000;
/** Pictures at most: the file stays small however slow the run is. */
const most = 14;

/** The codes that the live view uses (src/view/terminal/colour.ts), on 256 colours and on eight. */
const names = new Map([
  ['1', 'bold'],
  ['2', 'dim'],
  ['31', 'red'],
  ['38;5;160', 'red'],
  ['32', 'green'],
  ['38;5;28', 'green'],
  ['35', 'yellow'],
  ['38;5;130', 'yellow'],
  ['38;5;30', 'cyan'],
]);

const bin = fileURLToPath(new URL('../bin/cnd.js', import.meta.url));
const target = fileURLToPath(new URL('session.svg', import.meta.url));

const pictures = await record();
writeFileSync(target, svg(pictures));
process.stdout.write(`${target}: ${pictures.length} pictures\n`);

/** The different screens of one run, with the milliseconds that each was there. */
async function record() {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-'));
  const socket = `cnd-session-${process.pid}`;
  const tmux = (...args) => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-u', '-L', socket, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  };
  const person = [
    '-u',
    'CI',
    '-u',
    'NO_COLOR',
    'PS1=$ ',
    'ENV=',
    'TERM=screen-256color',
    `XDG_STATE_HOME=${join(directory, 'state')}`,
  ];
  const dimensions = ['-x', String(size.columns), '-y', String(size.rows)];
  try {
    tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      ...dimensions,
      '-c',
      directory,
      '--',
      'env',
      ...person,
      'sh',
    );
    // What is shown is what a user types; it runs this checkout.
    tmux(
      'send-keys',
      '-l',
      `npx() { shift 3; '${process.execPath}' '${bin}' "$@"; echo '$ '; sleep 600; }; clear`,
    );
    tmux('send-keys', 'Enter');
    await sleep(500);
    tmux('send-keys', '-l', shown);
    const taken = [];
    const look = () => tmux('capture-pane', '-p', '-e').replaceAll(directory, '~').trimEnd();
    taken.push(look());
    tmux('send-keys', 'Enter');
    while (!/^logs {3}[^]*\$$/m.test(plain(taken.at(-1))) && taken.length < 200) {
      await sleep(interval);
      taken.push(look());
    }
    const screen = plain(taken.at(-1));
    if (!/^outcome {3}golden nonce found$/m.test(screen)) throw new Error(`not a good run:\n${screen}`);
    const different = [];
    for (const screen of taken) {
      if (different.at(-1)?.screen === screen) different.at(-1).time += interval;
      else different.push({ screen, time: interval });
    }
    different.at(-1).time = last;
    return thinned(different);
  } finally {
    spawnSync('tmux', ['-L', socket, 'kill-server']);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** At most so many pictures, the first and the last among them; each stays until the next. */
function thinned(pictures) {
  const step = Math.max(1, (pictures.length - 1) / (most - 1));
  const kept = Array.from({ length: Math.min(most, pictures.length) }, (_, index) =>
    Math.round(index * step),
  );
  return kept.map((from, index) => {
    const group = pictures.slice(from, kept[index + 1]);
    return { screen: group[0].screen, time: group.reduce((sum, { time }) => sum + time, 0) };
  });
}

/** One text element a line; a monospaced font's advance is fixed by textLength, whatever font there is. */
function svg(pictures) {
  const cell = { width: 8.4, height: 18 };
  const margin = { side: 16, top: 44, bottom: 16 };
  const width = Math.ceil(size.columns * cell.width + 2 * margin.side);
  const height = size.rows * cell.height + margin.top + margin.bottom;
  const total = pictures.reduce((sum, { time }) => sum + time, 0);
  let begin = 0;
  const rules = [];
  const groups = pictures.map(({ screen, time }, index) => {
    const from = (100 * begin) / total;
    begin += time;
    const to = (100 * begin) / total;
    const isLast = index === pictures.length - 1;
    rules.push(
      `@keyframes f${index}{0%,${percent(from)}{opacity:0}${percent(from)},${percent(to)}{opacity:1}${isLast ? '' : `${percent(to)},100%{opacity:0}`}}`,
      `#f${index}{opacity:${isLast ? 1 : 0};animation:f${index} ${total / 1000}s step-end infinite}`,
    );
    const texts = screen.split('\n').flatMap((text, row) => line(text, row, cell, margin));
    return `<g id="f${index}">${texts.join('')}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A run of cnd in a terminal: eight instances search, one finds a golden nonce, everything is terminated">
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:#d8dee9}
.bold{font-weight:bold;fill:#fff}.dim{fill:#8792a5}.red{fill:#ff7b72}.green{fill:#7ee787}.yellow{fill:#e3b341}.cyan{fill:#79c0ff}
${rules.join('\n')}
@media (prefers-reduced-motion:reduce){g{animation:none!important}}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>
<circle cx="20" cy="20" r="6" fill="#ff5f57"/><circle cx="40" cy="20" r="6" fill="#febc2e"/><circle cx="60" cy="20" r="6" fill="#28c840"/>
${groups.join('\n')}
</svg>
`;
}

/** The text elements of one line of a terminal: words of one style, apart where more than one space is between them. */
function line(text, row, cell, { side, top }) {
  const elements = [];
  let column = 0;
  let style = '';
  // oxlint-disable-next-line no-control-regex -- what tmux captures styles with
  for (const [token, codes] of text.matchAll(/\u001B\[([\d;]*)m|[^\u001B]+/g)) {
    if (codes !== undefined) {
      style = (codes.match(/38;5;\d+|\d+/g) ?? ['0']).reduce(restyled, style);
      continue;
    }
    for (const { 0: words, index } of token.matchAll(/\S+(?: \S+)*/g)) {
      const x = (side + (column + lengthOf(token.slice(0, index))) * cell.width).toFixed(1);
      const y = (top + (row + 0.8) * cell.height).toFixed(1);
      const width = (lengthOf(words) * cell.width).toFixed(1);
      const look = style === '' ? '' : ` class="${style}"`;
      elements.push(`<text x="${x}" y="${y}" textLength="${width}"${look}>${escaped(words)}</text>`);
    }
    column += lengthOf(token);
  }
  return elements;
}

/** The style after one more code: 39 ends a colour, 0 and 22 end everything. */
function restyled(style, code) {
  if (names.has(code)) return names.get(code);
  const ends = code === '39' ? style !== 'bold' && style !== 'dim' : code !== '49';
  return ends ? '' : style;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function percent(value) {
  return `${value.toFixed(2)}%`;
}

/** Characters, not UTF-16 units; none of those shown is wide. */
function lengthOf(text) {
  return Array.from(text).length;
}
