import { type Command, verboseFlag } from '../command.ts';

/** `cnd init` */
export const initCommand: Command = {
  name: 'init',
  describe: 'write a commented cnd.config.json with every setting',
  flags: [
    { name: 'print', boolean: true, describe: 'to stdout instead of a file' },
    { name: 'force', boolean: true, describe: 'overwrite an existing file' },
    { name: 'bucket', describe: 'create this S3 bucket for the logs; a new file uses it' },
    { name: 'policy', boolean: true, describe: 'print the IAM policies that cnd needs, and create nothing' },
    {
      name: 'cloudformation',
      boolean: true,
      describe: 'print a CloudFormation template of a bucket, roles and policies, and create nothing',
    },
    { name: 'account', describe: 'the AWS account of the policies [default: that of the credentials]' },
    {
      name: 'region',
      describe: 'AWS region of the bucket or the policies [default: from the file, else as in the AWS CLI]',
    },
    { name: 'profile', describe: 'AWS profile [default: from the file, else as in the AWS CLI]' },
    { name: 'config', describe: 'the file to write [default: cnd.config.json]', values: 'file' },
    verboseFlag,
  ],
  examples: [
    ['cnd init', 'a cnd.config.json to edit, in this directory'],
    ['cnd init --print', 'print it only'],
    ['cnd init --bucket my-cnd-logs', 'create a bucket for the logs; an existing file is not changed'],
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
  describe: 'print a shell completion script',
  positionals: [{ name: 'shell', describe: 'bash, zsh or fish', values: 'shell' }],
  flags: [verboseFlag],
  examples: [
    ['eval "$(cnd completion bash)"', 'in ~/.bashrc'],
    ['eval "$(cnd completion zsh)"', 'in ~/.zshrc, after compinit'],
    ['cnd completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  load: async () => (await import('../completion/completion.ts')).completion,
};
