"""One HTTP connection, kept open between requests."""
import http.client
from urllib.parse import urlsplit

CONNECT_SECONDS = 5
LARGEST_ANSWER = 1 << 24


class Wire:
    """`endpoint` is a URL; its path is not used."""

    def __init__(self, endpoint):
        self.url = urlsplit(endpoint)
        self.host = self.url.netloc.rpartition('@')[2]
        self.connection = None

    def ask(self, method, path, headers, body, seconds):
        """(status, body) of the answer. Raises OSError or HTTPException when there is none."""
        kept = self.connection is not None
        try:
            return self.try_once(method, path, headers, body, seconds)
        except ConnectionError:
            if not kept:
                raise
            # A server may close what was idle; whatever is asked here may be asked twice.
            return self.try_once(method, path, headers, body, seconds)

    def try_once(self, method, path, headers, body, seconds):
        try:
            if not self.connection:
                self.connection = self.connect()
            self.connection.sock.settimeout(seconds)
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            data = answer.read(LARGEST_ANSWER)
            if answer.will_close:
                self.close()
            return answer.status, data
        except BaseException:
            self.close()
            raise

    def connect(self):
        if self.url.scheme == 'https':
            import ssl  # 20 ms: tests and IMDS do without

            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(self.host, timeout=CONNECT_SECONDS, context=context)
        else:
            connection = http.client.HTTPConnection(self.host, timeout=CONNECT_SECONDS)
        connection.connect()
        return connection

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None
