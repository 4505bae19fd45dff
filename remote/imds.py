"""The instance metadata service (IMDSv2), and the credentials of the instance's role, which are kept in memory only.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
"""
import calendar
import json
import threading
import time

from wire import Wire

TOKEN_SECONDS = '21600'
ANSWER_SECONDS = 5
EARLY_SECONDS = 300  # AWS has new ones at least five minutes before the old expire
PATH = '/latest/meta-data/iam/security-credentials/'


class ServiceError(Exception):
    """What went wrong, in words that may be logged: never what a service answered, which may quote a token."""


class Metadata:
    """What the service tells whoever has a token (IMDSv2)."""

    def __init__(self, endpoint):
        self.wire = Wire(endpoint)
        self.token = None

    def find(self, path):
        """The document of a path; None if there is none. Raises ServiceError or OSError."""
        status, body = self.ask(path)
        if status == 401:  # its token has expired
            self.token = None
            status, body = self.ask(path)
        if status == 404:
            return None
        return checked(status, body)

    def ask(self, path):
        if self.token is None:
            headers = {'X-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS}
            answer = self.wire.ask('PUT', '/latest/api/token', headers, None, ANSWER_SECONDS)
            self.token = checked(*answer).decode('ascii')
        return self.wire.ask('GET', path, {'X-aws-ec2-metadata-token': self.token}, None, ANSWER_SECONDS)

    def close(self):
        self.wire.close()


def checked(status, body):
    if status != 200:
        raise ServiceError('the instance metadata service answered %d' % status)
    return body


class Role:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.lock = threading.Lock()  # who listens and who sends share it
        self.known = None
        self.expires = 0

    def credentials(self):
        """{key, secret, token}. Raises ServiceError or OSError."""
        with self.lock:
            if not self.known or time.time() > self.expires - EARLY_SECONDS:
                self.known = self.fetch()
            return self.known

    def forget(self):
        """They were refused: the next who asks gets new ones."""
        with self.lock:
            self.known = None

    def fetch(self):
        metadata = Metadata(self.endpoint)
        try:
            role = self.get(metadata, PATH).decode('ascii').split('\n')[0].strip()
            fields = json.loads(self.get(metadata, PATH + role).decode())
            known = {'key': fields['AccessKeyId'], 'secret': fields['SecretAccessKey'], 'token': fields['Token']}
            self.expires = calendar.timegm(time.strptime(fields['Expiration'], '%Y-%m-%dT%H:%M:%SZ'))
            return known
        except (ValueError, KeyError, TypeError):
            raise ServiceError('the role has no usable credentials') from None
        finally:
            metadata.close()

    def get(self, metadata, path):
        body = metadata.find(path)
        if body is None:
            raise ServiceError('the instance has no role')
        return body
