"""The network of a machine: addresses of its own that lead nowhere but to the stage, over Unix sockets."""
import fcntl
import os
import socket
import struct
import threading

SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1


def start(machine):
    configure('lo', '127.0.0.1')
    configure('lo:1', machine['privateIp'])
    configure('lo:2', '169.254.169.254')
    with open('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'w') as file:
        file.write('0')
    # In: the jump host. Out: the metadata service, and AWS where AWS_ENDPOINT_URL says.
    relay(unix_listener('/run/stage/ssh.sock'), lambda: tcp('127.0.0.1', 22))
    relay(tcp_listener('169.254.169.254', 80), lambda: unix('/run/stage/imds.sock'))
    relay(tcp_listener('127.0.0.1', machine['awsPort']), lambda: unix('/run/stage/aws.sock'))


def configure(name, address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        where = struct.pack('16sH2s4s8s', name.encode(), socket.AF_INET, b'\0' * 2, socket.inet_aton(address), b'\0' * 8)
        if ':' in name:
            fcntl.ioctl(control, SIOCSIFADDR, where)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack('16sH14s', name.encode(), IFF_UP, b'\0' * 14))


def unix_listener(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    return listener


def tcp_listener(host, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(64)
    return listener


def unix(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def tcp(host, port):
    connection = socket.create_connection((host, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def relay(listener, dial):
    def accept():
        while True:
            near, _ = listener.accept()
            try:
                far = dial()
            except OSError:
                near.close()
                continue
            if near.family == socket.AF_INET:
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def pump(source, sink):
    """Carries bytes one way until the end, and passes the end on."""
    try:
        while True:
            data = source.recv(1 << 16)
            if not data:
                break
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
