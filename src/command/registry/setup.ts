import { type Command, verboseFlag } from '../command.ts';

/** `cnd init` */
export const initCommand: Command = {
  name: 'init',
  describe: 'write a commented cnd.config.json with every setting',
  flags: [
    { name: 'print', boolean: true, describe: 'to stdout instead of a file' },
    { name: 'force', boolean: true, describe: 'overwrite the file that is there' },
    { name: 'bucket', describe: 'create this S3 bucket for the logs; a new file names it' },
    { name: 'policy', boolean: true, describe: 'print the IAM policies that cnd needs, and create nothing' },
    {
      name: 'cloudformation',
      boolean: true,
      describe: 'print a CloudFormation template of a bucket, roles and policies, and create nothing',
    },
    { name: 'account', describe: 'the AWS account of the policies [default: that of the credentials]' },
    {
      name: 'region',
      describe: 'of the bucket, or of the policies [default: as the file says, else as every AWS tool]',
    },
    { name: 'profile', describe: 'the AWS profile to call AWS with [default: likewise]' },
    { name: 'config', describe: 'the file to write [default: cnd.config.json]', values: 'file' },
    verboseFlag,
  ],
  examples: [
    ['cnd init', 'a cnd.config.json to edit, in this directory'],
    ['cnd init --print', 'only show it'],
    ['cnd init --bucket my-cnd-logs', 'create a bucket for the logs; a file that is there stays as it is'],
    ['cnd init --policy --bucket my-cnd-logs', 'the IAM policies of the user and of both roles'],
    [
      'cnd init --cloudformation > cnd.json',
      'for: aws cloudformation deploy --template-file cnd.json --stack-name cnd --capabilities CAPABILITY_IAM',
    ],
  ],
  load: async () => (await import('../init/init.ts')).init,
};

/** `cnd completion` */
export const completionCommand: Command = {
  name: 'completion',
  describe: 'print a script that completes cnd on the command line',
  positionals: [{ name: 'shell', describe: 'bash, zsh or fish', values: 'shell' }],
  flags: [verboseFlag],
  examples: [
    ['eval "$(cnd completion bash)"', 'in ~/.bashrc'],
    ['eval "$(cnd completion zsh)"', 'in ~/.zshrc, after compinit'],
    ['cnd completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  load: async () => (await import('../completion/completion.ts')).completion,
};
