"""One job of bench/ssh.mjs by a Python library: copies a file to N hosts, runs a command on each and prints one line of each.

client.py fabric|parallel-ssh N PORT USER IDENTITY FILE REMOTE COMMAND
"""
import sys

tool, n, port, user, identity, file, remote, command = sys.argv[1:]
hosts = ['127.0.1.%d' % (k + 1) for k in range(int(n))]


def run_fabric():
    from concurrent.futures import ThreadPoolExecutor

    from fabric import Connection

    def one(host):
        arguments = {'key_filename': identity, 'look_for_keys': False, 'allow_agent': False}
        with Connection(host, user=user, port=int(port), connect_kwargs=arguments) as connection:
            path = '%s-%s' % (remote, host)
            connection.put(file, path)
            return connection.run(command.replace('@', path), hide=True, in_stream=False).stdout

    with ThreadPoolExecutor(len(hosts)) as pool:
        return list(pool.map(one, hosts))


def run_parallel_ssh():
    from gevent import joinall
    from pssh.clients import ParallelSSHClient

    client = ParallelSSHClient(hosts, user=user, port=int(port), pkey=identity, pool_size=len(hosts), allow_agent=False)
    paths = ['%s-%s' % (remote, host) for host in hosts]
    arguments = [{'local_file': file, 'remote_file': path} for path in paths]
    joinall(client.copy_file('%(local_file)s', '%(remote_file)s', copy_args=arguments), raise_error=True)
    outputs = client.run_command('%s', host_args=[(command.replace('@', path),) for path in paths])
    return [next(iter(output.stdout)) for output in outputs]


lines = {'fabric': run_fabric, 'parallel-ssh': run_parallel_ssh}[tool]()
assert len(lines) == len(hosts) and all('"ready"' in line for line in lines), lines
