"""The two things an agent does with a queue of Amazon SQS: receive and send (AWS JSON protocol 1.0).

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
"""
import json
import time

from imds import ServiceError
from sigv4 import sign
from wire import Wire

LONG_POLL = 20  # seconds: SQS's longest, so that waiting costs the fewest requests
ANSWER_SECONDS = 5
MOST_MESSAGES = 10
STALE_CREDENTIALS = ('Expired', 'InvalidClientTokenId', 'UnrecognizedClient', 'InvalidSecurity')


class Queue:
    """Not for several threads at once: each has its own."""

    def __init__(self, settings, role):
        self.url = settings['queueUrl']
        self.region = settings['region']
        self.wire = Wire(settings['endpoint'])
        self.role = role

    def receive(self, hide):
        """[(id, body)], hidden from everybody for so many seconds: as a rule 0, for others wait for them too."""
        answer = self.call('ReceiveMessage', LONG_POLL + ANSWER_SECONDS, {
            'MaxNumberOfMessages': MOST_MESSAGES,
            'WaitTimeSeconds': LONG_POLL,
            'VisibilityTimeout': hide,
        })
        messages = answer.get('Messages') or []
        return [(message['MessageId'], message['Body']) for message in messages]

    def send(self, body):
        self.call('SendMessage', ANSWER_SECONDS, {'MessageBody': body})

    def call(self, action, seconds, fields):
        """Raises ServiceError, OSError or HTTPException."""
        body = json.dumps(dict(fields, QueueUrl=self.url)).encode()
        status, answer = self.wire.ask('POST', '/', self.headers(action, body), body, seconds)
        if status == 200:
            return json.loads(answer.decode() or '{}')
        name = error_name(answer)
        if name.startswith(STALE_CREDENTIALS):
            self.role.forget()
        raise ServiceError('SQS answers %d %s to %s' % (status, name, action))

    def headers(self, action, body):
        credentials = self.role.credentials()
        stamp = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
        headers = {
            'Host': self.wire.host,
            'Content-Type': 'application/x-amz-json-1.0',
            'X-Amz-Date': stamp,
            'X-Amz-Security-Token': credentials['token'],
            'X-Amz-Target': 'AmazonSQS.' + action,
        }
        request = ('POST', headers, body)
        headers['Authorization'] = sign(request, (self.region, 'sqs'), credentials, stamp)
        return headers


def error_name(answer):
    """The name alone: the words of SignatureDoesNotMatch quote the request, session token and all."""
    try:
        name = json.loads(answer.decode())['__type'].rpartition('#')[2]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ''
    return name[:80] if name.replace('.', '').isalnum() else ''
