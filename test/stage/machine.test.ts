import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EC2, RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { userData } from '../../src/fleet/ec2/launch/user-data.ts';
import type { Access } from '../../src/session/ssh/access.ts';
import { waitUntilReady } from '../../src/session/ssh/readiness.ts';
import { generateKeyPair } from '../../src/session/ssh/key.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { imagesOf } from '../helper/stage/ec2/image.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from './stage.ts';

describe.runIf(hasStage())('the machines of the stage', () => {
  const on = useStage({ consistency: 100 });
  let ec2: EC2;
  const hostKey = generateKeyPair();
  const loginKey = generateKeyPair();

  beforeAll(() => {
    ec2 = clients(on.stage).ec2;
  });

  const image = (prefix: string) =>
    imagesOf('us-east-1').find(
      ({ name, architecture }) => name.startsWith(prefix) && architecture === 'x86_64',
    );

  async function launch(count = 1, more: Partial<RunInstancesCommandInput> = {}, lifetime = 60) {
    const data = userData({ run: '20261120-081103-x7k2', lifetime, hostKey, loginKey: loginKey.publicKey });
    const { Instances = [] } = await ec2.runInstances({
      ImageId: image('ubuntu/images/hvm-ssd-gp3')?.id,
      InstanceType: 'c7a.medium',
      MinCount: count,
      MaxCount: count,
      InstanceInitiatedShutdownBehavior: 'terminate',
      UserData: Buffer.from(data).toString('base64'),
      ...more,
    });
    return Instances.map(({ InstanceId = '' }) => InstanceId);
  }

  /** The way to an instance as cnd goes it: through the jump host to its public address. */
  function access(id: string | undefined, user = 'ubuntu'): Access {
    const host = on.stage.ec2.instances.get(id ?? '')?.publicIp ?? 'none';
    const { port, user: jumper, loginKey: key, hostKey: pinned } = on.stage.jump;
    return {
      host,
      port: 22,
      user,
      privateKey: loginKey.privateKey,
      hostKeys: [hostKey.publicKey],
      jump: {
        host: '127.0.0.1',
        port,
        user: jumper,
        privateKey: key.privateKey,
        hostKeys: [pinned.publicKey],
      },
    };
  }

  const ready = async (id: string | undefined, user?: string) =>
    waitUntilReady(access(id, user), { timeout: 15_000, connectTimeout: 1000 });

  const stateOf = (id: string | undefined) => on.stage.ec2.instances.get(id ?? '')?.state;

  test('are reached through the jump host with the key of the user data, each by itself', async () => {
    const ids = await launch(2);
    const [one, two] = await Promise.all(ids.map(async (id) => ready(id)));
    const look = 'id -un; hostname; pwd; nproc; cat /proc/1/cmdline | tr "\\0" " "; ls /home /tmp';
    const said = await one?.exec(look);
    expect(said?.stdout.toString()).toMatch(/^ubuntu\nip-\d+-\d+-\d+-\d+\n\/home\/ubuntu\n1\n.*init.py/);
    await two?.exec('echo mine > /tmp/file; sleep 100 >/dev/null 2>&1 & true');
    const other = await one?.exec('cat /tmp/file; ps ax | grep -c "[s]leep 100"; touch /etc/x /usr/x');
    expect(other?.stdout.toString()).toBe('0\n');
    expect(other?.stderr).toMatch(/No such file.*Read-only file system/s);
    await one?.close();
    await two?.close();
  });

  test('have a syslog and a switch that is armed, and no way out but to the stage', async () => {
    const [id] = await launch();
    const connection = await ready(id);
    const armed = await connection.exec('systemctl is-active --quiet cnd-deadman.timer; echo $?');
    expect(armed.stdout.toString()).toBe('0\n');
    const other = await connection.exec('systemctl is-active other.timer; systemctl poweroff; echo $?');
    expect(other.stdout.toString()).toBe('inactive\nAccess denied\n1\n');
    const log =
      'python3 -c \'import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect("/dev/log"); s.send(b"<30>Nov 20 08:00:00 cnd-agent[7]: hello")\'; sleep 0.1; cat /var/log/syslog';
    const syslog = (await connection.exec(log)).stdout.toString();
    expect(syslog).toMatch(/systemd\[1\]: Started cnd-deadman.timer/);
    expect(syslog).toMatch(/^[A-Z][a-z]{2} [ \d]\d [\d:]{8} ip-\S+ cnd-agent\[7\]: hello$/m);
    const out = await connection.exec(
      `python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80), 2)'`,
    );
    expect(out.stderr).toMatch(/Network is unreachable/);
    await connection.close();
  });

  test('of an image without rsyslog have a journal only', async () => {
    const [id] = await launch(1, { ImageId: image('al2023-ami-2023')?.id });
    const connection = await ready(id, 'ec2-user');
    const journal = await connection.exec(
      'ls /var/log/syslog; sudo -n journalctl --no-pager -o short-iso | head -3',
    );
    expect(journal.stdout.toString()).toMatch(/^\d{4}-\d\d-\d\dT\S+ ip-\S+ kernel: /);
    await connection.close();
  });

  test('have metadata with a role only after a token, and credentials that the stage believes', async () => {
    const [id] = await launch(1, { IamInstanceProfile: { Name: 'cnd-agent' } });
    const connection = await ready(id);
    const program = `
import json, urllib.request as u
base = 'http://169.254.169.254/latest'
def get(path, **headers):
    try: return u.urlopen(u.Request(base + path, headers=headers)).read().decode()
    except Exception as error: return str(error)
token = u.urlopen(u.Request(base + '/api/token', method='PUT', headers={'X-aws-ec2-metadata-token-ttl-seconds': '60'})).read().decode()
role = '/meta-data/iam/security-credentials/'
print(get(role))
name = get(role, **{'X-aws-ec2-metadata-token': token})
print(name, json.loads(get(role + name, **{'X-aws-ec2-metadata-token': token}))['AccessKeyId'][:4])
print(get('/meta-data/instance-id', **{'X-aws-ec2-metadata-token': token}))
print(u.urlopen('${on.stage.url}/checkip').read().decode())
`;
    const { stdout } = await connection.exec('python3 -', { stdin: program });
    expect(stdout.toString()).toBe(`HTTP Error 401: Unauthorized\ncnd-agent ASIA\n${id}\n198.51.100.7\n\n`);
    await connection.close();
  });

  test('power off when their switch says so, and are terminated by that', async () => {
    const [id] = await launch(1, {}, 2);
    const connection = await ready(id);
    const lost = connection.exec('sleep 100').catch((error: unknown) => String(error));
    await eventually('terminated', () => stateOf(id) === 'terminated', 10);
    expect(await lost).toMatch(/lost|closed/i);
    expect(on.stage.ec2.instances.get(id ?? '')?.reason?.code).toBe('Client.InstanceInitiatedShutdown');
    expect(await on.stage.orphans()).toEqual([]);
  });

  test('stop only, if the launch did not say that powering off terminates', async () => {
    const [id] = await launch(1, { InstanceInitiatedShutdownBehavior: 'stop' }, 1);
    await eventually('stopped', () => stateOf(id) === 'stopped', 10);
    await eventually('off', () => on.stage.hypervisor.machines.get(id ?? '')?.isOff);
    expect(await on.stage.orphans()).toEqual([`instance ${id} stopped in us-east-1`]);
  });

  test('lose all their processes when they are terminated', async () => {
    const [id] = await launch();
    const connection = await ready(id);
    const marker = `cnd-stage-${Date.now()}`;
    await connection.exec(
      `setsid python3 -c 'import time; time.sleep(1000)' ${marker} </dev/null >/dev/null 2>&1 & echo`,
    );
    const alive = () => spawnSync('pgrep', ['-f', marker]).status === 0;
    expect(alive()).toBe(true);
    await ec2.terminateInstances({ InstanceIds: [id ?? ''] });
    await eventually('gone', () => !alive(), 5);
    await eventually('terminated', () => stateOf(id) === 'terminated', 5);
    await expect(waitUntilReady(access(id), { timeout: 1000 })).rejects.toThrow(/not ready/);
  });

  test('may never boot, show another host key, or fail later', async () => {
    on.stage.hypervisor.machineFaults = [
      { instance: 0, neverBoots: true },
      { instance: 1, wrongHostKey: true },
      { instance: 2, failsAfter: 0.5 },
    ];
    const [hung, stranger, failing] = await launch(3, {}, 3);
    await expect(ready(stranger)).rejects.toThrow(/host key/);
    await expect(waitUntilReady(access(hung), { timeout: 1000 })).rejects.toThrow(/not ready/);
    const { Output = '' } = await ec2.getConsoleOutput({ InstanceId: hung });
    expect(Buffer.from(Output, 'base64').toString()).toMatch(/Kernel panic/);
    await eventually('failed', () => stateOf(failing) === 'terminated', 5);
    await eventually('the switch of the hung one', () => stateOf(hung) === 'terminated', 10);
  });

  test('may halt, which EC2 does not notice; be taken back; and take long to be running', async () => {
    on.stage.hypervisor.machineFaults = [{ of: 'alice', instance: 2, pendingSeconds: 30 }];
    const [halted, spot, slow] = await launch(3);
    const connection = await ready(halted);
    await ready(spot);
    await on.stage.hypervisor.halt(halted ?? '');
    await eventually('silence', async () =>
      connection.exec('true').then(
        () => false,
        () => true,
      ),
    );
    await expect(waitUntilReady(access(halted), { timeout: 1000 })).rejects.toThrow(/not ready/);
    await on.stage.hypervisor.reclaim(spot ?? '');
    await eventually('taken back', () => stateOf(spot) === 'terminated');
    expect(on.stage.ec2.instances.get(spot ?? '')?.reason?.code).toBe('Server.SpotInstanceTermination');
    expect([stateOf(halted), stateOf(slow)]).toEqual(['running', 'pending']);
  });

  test('a network that stalls stops every byte until it resumes', async () => {
    const [id] = await launch();
    const connection = await ready(id);
    on.stage.jump.stall();
    const late = connection.exec('echo here');
    expect(await Promise.race([late, new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))])).toBe(
      'nothing',
    );
    on.stage.jump.resume();
    expect((await late).stdout.toString()).toBe('here\n');
    await connection.close();
  });
});
