import { expect, test } from 'vitest';
import { isGroup } from '../../src/command/command.ts';
import { helpText } from '../../src/command/help.ts';
import { commands } from '../../src/command/registry/registry.ts';
import { fleetKinds } from '../../src/fleet/registry.ts';
import { fleetSettings } from '../../src/fleet/setting.ts';

const all = commands.flatMap((entry) => (isGroup(entry) ? entry.commands : [entry]));

test('every command has an example, which begins with its name', () => {
  for (const { name, examples } of all) {
    expect([name, ...examples]).not.toEqual([name]);
    for (const [line] of examples) expect(line).toMatch(new RegExp(`cnd (logs )?${name}\\b`));
  }
});

test('help lists the commands, their arguments, flags and examples', () => {
  const top = helpText({ path: [] }, commands, 100);
  expect(top).toMatch(/^cnd <command>\n\nFinds a golden nonce/);
  for (const { name, describe } of commands) {
    expect(top).toContain(`  cnd ${name}`);
    expect(top.replaceAll(/\s+/g, ' ')).toContain(describe);
  }
  const logs = commands.find(isGroup);
  const show = logs?.commands.find(({ name }) => name === 'show');
  expect(logs && helpText({ entry: logs, path: ['logs'] }, commands, 100)).toMatch(
    /^ {2}cnd logs ls +list the runs, newest first \[default\]$/m,
  );
  expect(logs && show && helpText({ entry: logs, command: show, path: ['logs', 'show'] }, commands, 60))
    .toMatchInlineSnapshot(`
      "cnd logs show <run> [k]

      show the syslogs of a run, merged by time, or that of
      instance K

      Arguments:
        run  run id, the beginning of one, or last
        k    index of one instance, from 0

      Options:
            --config FILE  configuration file [default:
                           cnd.config.json]
            --verbose      print more detail, with stack traces of
                           errors
            --version      show the version
        -h, --help         show this help

      Examples:
        cnd logs show last        all syslogs of the newest run,
                                  by time
        cnd logs show 20261120 3  the syslog of instance #3 of the
                                  only run of that day
      "
    `);
});

test('no line of help is wider than it may be', () => {
  for (const columns of [60, 80, 100])
    for (const command of all) {
      const text = helpText({ entry: command, command, path: [command.name] }, commands, columns);
      const long = text.split('\n').filter((line) => line.length > columns && !line.includes('  cnd '));
      expect(long).toEqual([]);
    }
});

test('the command line knows the kinds of fleets that there are, and their settings', () => {
  const names = fleetKinds.map(({ name, settings }) => ({ name, settings }));
  expect(fleetSettings).toEqual(names);
});
