import { CndError } from '../../../error.ts';
import type { KeyPair } from '../../../session/ssh/access.ts';

/** EC2 takes 16 KB of user data, before base64 (EC2 User Guide, "Work with instance user data"). */
const mostBytes = 16 * 1024;

/** The dead-man's switch on an instance: a transient systemd timer of this name. */
export const deadManUnit = 'cnd-deadman';

/** What an instance is told at its first boot. */
export interface UserData {
  readonly run: string;
  /** Seconds from boot until it powers off, and by that terminates. */
  readonly lifetime: number;
  /** Installed as the only host key, so that it can be pinned. It can be read on the instance: made for one run. */
  readonly hostKey: KeyPair;
  /** `ssh-ed25519 …`: the only key that may log in. No EC2 key pair is made, so none can be left behind. */
  readonly loginKey: string;
}

/**
 * The user data of an instance: a cloud-config, written as JSON, which is YAML. Pure.
 * @throws CndError when it is larger than EC2 takes.
 */
export function userData({ run, lifetime, hostKey, loginKey }: UserData): string {
  const config = {
    // bootcmd runs at every boot, before anything else of this: a reboot arms the switch again, and an instance whose
    // pinned host key is in place is one that has been here.
    bootcmd: [['sh', '-c', deadManScript(lifetime, launchState(run))]],
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    ssh_deletekeys: true,
    ssh_authorized_keys: [loginKey],
    ssh_pwauth: false,
    disable_root: true,
    package_update: false,
    package_upgrade: false,
  };
  const text = `#cloud-config\n${JSON.stringify(config, undefined, 1)}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= mostBytes) return text;
  throw new CndError('ec2-user-data', `the user data has ${bytes} bytes, more than the ${mostBytes} of EC2`);
}

/** Where an instance keeps when its time is over, so that a reboot does not give it more; an image made of it has another run. */
function launchState(run: string): string {
  return `/var/lib/cnd-until-${run}`;
}

/**
 * The script that arms the switch, by the instance's own clock alone. `poweroff`, because `halt` does not end an instance;
 * --no-block and DefaultDependencies=no, because bootcmd runs before sysinit.target and would wait for it for ever
 * (canonical/cloud-init#7052); AccuracySec, because systemd lets timers be a minute late by default (systemd.timer(5)).
 * Whatever it finds in its memory, or cannot write there, it arms for no more than the lifetime. Pure.
 * @param path Where it remembers, on the instance, when the time is over.
 */
export function deadManScript(lifetime: number, path: string): string {
  const seconds = Math.max(1, Math.ceil(lifetime));
  return [
    'now=$(date +%s)',
    `until=$(cat ${path} 2>/dev/null)`,
    `case "$until" in ''|*[!0-9]*|0*|????????????*) until=$((now + ${seconds})); echo "$until" >${path};; esac`,
    'left=$((until - now))',
    `[ "$left" -le ${seconds} ] || left=${seconds}`,
    '[ "$left" -gt 0 ] || left=1',
    `exec systemd-run --no-block --unit=${deadManUnit} --on-active="$left" --timer-property=AccuracySec=1s --timer-property=DefaultDependencies=no --property=DefaultDependencies=no systemctl poweroff --force`,
  ].join('\n');
}

/** Succeeds on an instance whose switch is armed; waits a moment, as cloud-init may just be about to. Pure. */
export function armedCommand(): string {
  const look = `systemctl is-active --quiet ${deadManUnit}.timer`;
  return `for try in 1 2 3 4 5; do ${look} && exit 0; sleep 1; done; exit 1`;
}
