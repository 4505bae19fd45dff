import { isGroup } from '../command.ts';
import { helpOf } from '../parser.ts';
import { commands } from '../registry/registry.ts';

// The program that the build runs once, for `readyHelp`: the help of each command by its words, as JSON on stdout.

const paths = commands.flatMap((entry) => [
  [entry.name],
  ...(isGroup(entry) ? entry.commands.map(({ name }) => [entry.name, name]) : []),
]);

void render();

async function render(): Promise<void> {
  const texts: Record<string, string> = {};
  for (const path of [[], ...paths]) texts[path.join(' ')] = await helpOf(path);
  process.stdout.write(JSON.stringify(texts));
}
