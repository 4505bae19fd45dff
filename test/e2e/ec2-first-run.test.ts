import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasStage } from '../helper/stage/available.ts';
import { repository } from '../helper/stage/repository.ts';
import { useStage } from '../helper/stage/use.ts';

/** A command of the checklist in docs/aws.md, and what it prints there. */
interface Step {
  readonly command: string;
  readonly lines: readonly string[];
}

/** The steps that are shown with their output: `$ npx --no -- cnd …`, and lines up to the next. */
function steps(): Step[] {
  const text = readFileSync(join(repository, 'docs/aws.md'), 'utf8');
  const [, section = ''] = /^### The first run on a real account\n(.*?)^## /ms.exec(text) ?? [];
  const blocks = [...section.matchAll(/^ *```console\n(.*?)^ *```/gms)].map(([, block = '']) => block);
  // They stand in a list.
  return blocks.flatMap((block) =>
    block
      .replace(/^ {3}/gm, '')
      .split(/^\$ npx --no -- cnd /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...lines] = part.trimEnd().split('\n');
        return { command, lines };
      }),
  );
}

/** What a line of the documentation stands for: `…` for anything, any number for a number, an id for an id. */
function pattern(line: string): RegExp {
  const escaped = line.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const masked = escaped
    .replace(/\d{8}-\d{6}-[a-z0-9]{4}/g, '<run>')
    .replace(/\b(i|ami|vpc|sg)-[0-9a-f]+/g, String.raw`$1-ID`)
    .replace(/\d+(\\\.\d+)*/g, String.raw`\d+(\.\d+)*`)
    .replaceAll('<run>', String.raw`\d{8}-\d{6}-[a-z0-9]{4}`)
    .replace(/(i|ami|vpc|sg)-ID/g, '$1-[0-9a-f]+')
    .replaceAll('…', '.*')
    .replace(/ {2,}/g, ' +');
  return new RegExp(`^${masked}$`);
}

/** Lines that the output lacks, looked for in their order. */
function missing(output: string, lines: readonly string[]): string[] {
  const rest = output.split('\n');
  return lines.filter((line) => {
    const at = rest.findIndex((one) => pattern(line).test(one));
    if (at === -1) return true;
    rest.splice(0, at + 1);
    return false;
  });
}

/** A checklist that nobody has tried is none. */
describe.runIf(hasStage())('the checklist for the first run on a real account', () => {
  const on = useStage();

  test('prints on the stage what it says that it prints', async () => {
    const place = on.place();
    const all = steps();
    expect(all.map(({ command }) => command.split(' ')[0])).toEqual([
      'doctor',
      'start',
      'start',
      'ps',
      'start',
      'scram',
    ]);
    const [doctor, plan, first, ps, long, scram] = all as [Step, Step, Step, Step, Step, Step];
    const tried = async ({ command, lines }: Step) => {
      const { code, stdout, stderr } = await place.run(command);
      const output = stdout + stderr;
      return { command, code, output, missing: missing(output, lines) };
    };
    for (const step of [doctor, plan, first, ps]) {
      let result = await tried(step);
      // For some seconds EC2 may show what has been terminated as it was.
      const most = step === ps ? 20 : 0;
      for (let again = 0; again < most && result.missing.length > 0; again++) result = await tried(step);
      expect(result).toMatchObject({ code: 0, missing: [] });
      if (step === plan) expect(place.instances()).toEqual([]);
    }
    const underWay = place.start(`${long.command} --json`);
    await underWay.event('instance.searching');
    expect(await tried(scram)).toMatchObject({ code: 0, missing: [] });
    await underWay.ended;
    await place.untilClean();
  }, 300_000);
});
