"""Puts the worker into its directory and becomes its attach.py. The first file of the bundle: loader.py has read that, and runs
this without any file; so one interpreter is started for an instance, and none of tar, gzip and sha256sum is needed there."""
import os
import stat
import sys
from _frozen_importlib import spec_from_loader  # importlib.util takes 2 ms to import

ARCHIVE = 'worker.zip'
BLOCK = 512  # bytes of a tar archive's header, and what contents are padded to
BAD_DIRECTORY = 73  # exit codes, as in sysexits.h
IO_ERROR = 74


def boot(tar, script, *arguments):
    """`script`: the path that attach.py is to have; `arguments`: what it is started with. The loader's alarm still runs: attach.py sets its own."""
    directory = os.path.dirname(script)
    texts = {}
    os.umask(0o77)
    try:
        make(directory)
        for name, mode, content in entries(tar):
            put(os.path.join(directory, name), mode, content)
            if name == ARCHIVE:
                texts.update(stored(content))
    except OSError as error:
        fail(IO_ERROR, '%s: %s' % (error.filename or directory, error.strerror))
    os.write(1, b'unpacked\n')
    os.chdir(directory)
    here = os.getcwd()
    sys.path.insert(0, here)
    sys.meta_path.insert(0, Importer(texts, os.path.join(here, ARCHIVE)))
    sys.dont_write_bytecode = True  # nobody imports it a second time
    sys.argv[:] = [script, *arguments]
    import attach

    attach.main()


class Importer:
    """Imports the modules of the archive from memory: Python's own importer takes 6 ms more to read them from the file."""

    def __init__(self, texts, place):
        self.texts = texts
        self.place = place

    def find_spec(self, name, _path=None, _target=None):
        return spec_from_loader(name, self) if name + '.py' in self.texts else None

    def create_module(self, _spec):
        return None  # a usual one

    def exec_module(self, module):
        name = module.__name__ + '.py'
        module.__file__ = os.path.join(self.place, name)
        exec(compile(self.texts[name], module.__file__, 'exec', dont_inherit=True), module.__dict__)


def stored(archive):
    """Name and content of each file of a zip archive whose files are not compressed."""
    at = 0
    while archive[at : at + 4] == b'PK\3\4':
        size, length = (int.from_bytes(archive[at + begin : at + end], 'little') for begin, end in ((18, 22), (26, 28)))
        at += 30
        yield archive[at : at + length].decode(), archive[at + length : at + length + size]
        at += length + size


def make(directory):
    """A directory of this user alone. It never follows a link and never takes over what belongs to somebody else."""
    parent = os.path.dirname(directory)
    if parent:
        os.makedirs(parent, exist_ok=True)
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        status = os.lstat(directory)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            fail(BAD_DIRECTORY, 'the directory is a link, or belongs to another user')
        os.chmod(directory, 0o700)


def entries(tar):
    """Name, mode and content of each file of an archive as tar-stream writes it: short names of plain files."""
    at = 0
    while at + BLOCK <= len(tar) and tar[at]:
        name = tar[at : at + 100].split(b'\0', 1)[0].decode()
        mode, size = (int(tar[at + begin : at + end].strip(b' \0'), 8) for begin, end in ((100, 108), (124, 136)))
        at += BLOCK
        yield name, mode, tar[at : at + size]
        at += -(-size // BLOCK) * BLOCK


def put(path, mode, content):
    """In place of what is there: an earlier kernel may be running still."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError as error:
        error.filename = path
        raise
    finally:
        os.close(fd)


def fail(code, words):
    sys.stderr.write('%s\n' % words)
    sys.stderr.flush()
    os._exit(code)
