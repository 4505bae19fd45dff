import { tmpdir } from 'node:os';
import { describe } from 'vitest';
import { connect } from '../../src/session/ssh/connect.ts';
import { ChildSession } from '../helper/child-session.ts';
import { TestSshServer } from '../helper/ssh-server.ts';
import { Sshd, hasSshd } from '../helper/sshd.ts';
import { describeSession } from './session.ts';

describeSession('over SSH', async () => {
  const server = await TestSshServer.start();
  return {
    session: await connect(server.access),
    lose: () => server.reset(),
    close: () => server.stop(),
  };
});

describe.runIf(hasSshd())('with OpenSSH', () => {
  describeSession('over SSH', async () => {
    const sshd = await Sshd.start();
    const session = await connect(sshd.access);
    // Above the shell that frames a command: the process of sshd that serves this connection.
    const { stdout } = await session.exec(String.raw`sed "s/.*) . \([0-9]*\) .*/\1/" /proc/$PPID/stat`);
    return {
      session,
      canSignal: process.getuid?.() !== 0,
      lose: () => process.kill(Number(stdout.toString()), 'SIGKILL'),
      close: () => sshd.stop(),
    };
  });
});

describeSession('of child processes', async () => {
  const session = new ChildSession({ address: 'child', directory: tmpdir(), env: process.env });
  return { session, lose: () => session.lose(), close: () => session.close() };
});
