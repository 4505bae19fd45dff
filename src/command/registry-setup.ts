import { type Command, verboseFlag } from './command.ts';

/** `cnd init` */
export const init: Command = {
  name: 'init',
  describe: 'write a commented cnd.config.json with every setting',
  flags: [
    { name: 'print', boolean: true, describe: 'to stdout instead of a file' },
    { name: 'force', boolean: true, describe: 'overwrite the file that is there' },
    { name: 'config', describe: 'the file to write [default: cnd.config.json]', values: 'file' },
    verboseFlag,
  ],
  examples: [
    ['cnd init', 'a cnd.config.json to edit, in this directory'],
    ['cnd init --print', 'only show it'],
  ],
  load: async () => (await import('./init.ts')).init,
};

/** `cnd completion` */
export const completion: Command = {
  name: 'completion',
  describe: 'print a script that completes cnd on the command line',
  positionals: [{ name: 'shell', describe: 'bash, zsh or fish', values: 'shell' }],
  flags: [verboseFlag],
  examples: [
    ['eval "$(cnd completion bash)"', 'in ~/.bashrc'],
    ['eval "$(cnd completion zsh)"', 'in ~/.zshrc, after compinit'],
    ['cnd completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  load: async () => (await import('./completion.ts')).completion,
};
