// One job of bench/ssh.mjs by a bare ssh2 script: copies a file to N hosts, runs a command on each and wants one line of each.
//
//   bare-ssh2.mjs N PORT USER IDENTITY FILE REMOTE COMMAND
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import pLimit from 'p-limit';
import ssh2 from 'ssh2';

const [n, port, username, identity, file, remote, command] = process.argv.slice(2);
const privateKey = readFileSync(identity);
const data = readFileSync(file);
const handshakes = pLimit(32);

function login(host) {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const sock = connect({ host, port: Number(port), noDelay: true });
    client.on('ready', () => resolve(client)).on('error', reject);
    client.connect({ sock, username, privateKey, readyTimeout: 60_000, hostVerifier: () => true });
  });
}

/** The first output of a command that is given `input`. */
function run(client, words, input) {
  return new Promise((resolve, reject) => {
    client.exec(words, (error, channel) => {
      if (error) return reject(error);
      let text = '';
      channel.on('data', (chunk) => (text += chunk));
      channel.on('close', () => resolve(text));
      channel.end(input);
    });
  });
}

await Promise.all(
  Array.from({ length: Number(n) }, async (_, index) => {
    const host = `127.0.1.${index + 1}`;
    const client = await handshakes(() => login(host));
    const path = `${remote}-${host}`;
    await run(client, `cat > ${path}`, data);
    const line = await run(client, command.replaceAll('@', path));
    if (!line.includes('"ready"')) throw new Error(`${host}: ${line}`);
    client.end();
  }),
);
