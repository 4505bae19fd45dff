# A stand-in for one program of systemd's, or sudo, by the name it is called by.
import json
import os
import socket
import sys

name = os.path.basename(sys.argv[0])
words = sys.argv[1:]
root = os.environ.get('STAGE_ROOT') == '1'
if name == 'sudo':
    while words and words[0].startswith('-'):
        words.pop(0)
    os.environ['STAGE_ROOT'] = '1'
    os.execvp(words[0], words)
connection = socket.socket(socket.AF_UNIX)
connection.connect('/run/systemd.sock')
with connection.makefile('rw') as stream:
    stream.write(json.dumps({'argv': [name] + words, 'root': root}) + '\n')
    stream.flush()
    answer = json.loads(stream.readline() or '{"code": 1, "text": ""}')
sys.stdout.write(answer['text'])
sys.exit(answer['code'])
