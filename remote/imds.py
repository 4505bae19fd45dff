"""Credentials of the instance's role, from the instance metadata service (IMDSv2). They are kept in memory only.

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
        wire = Wire(self.endpoint)
        try:
            token = self.get(wire, 'PUT', '/latest/api/token', {'X-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS})
            headers = {'X-aws-ec2-metadata-token': token.decode('ascii')}
            role = self.get(wire, 'GET', PATH, headers).decode('ascii').split('\n')[0].strip()
            fields = json.loads(self.get(wire, 'GET', PATH + role, headers).decode())
            known = {'key': fields['AccessKeyId'], 'secret': fields['SecretAccessKey'], 'token': fields['Token']}
            self.expires = calendar.timegm(time.strptime(fields['Expiration'], '%Y-%m-%dT%H:%M:%SZ'))
            return known
        except (ValueError, KeyError, TypeError):
            raise ServiceError('the role has no usable credentials') from None
        finally:
            wire.close()

    def get(self, wire, method, path, headers):
        status, body = wire.ask(method, path, headers, None, ANSWER_SECONDS)
        if status == 404:
            raise ServiceError('the instance has no role')
        if status != 200:
            raise ServiceError('the instance metadata service answered %d' % status)
        return body
