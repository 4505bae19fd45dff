"""AWS Signature Version 4, for requests of JSON services: POST to /, no query. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""
import hmac
from hashlib import sha256

ALGORITHM = 'AWS4-HMAC-SHA256'


def sign(request, scope, credentials, stamp):
    """The value of the Authorization header. `request` is (method, headers, body): all headers are signed, and must
    hold Host, X-Amz-Date and, with temporary credentials, X-Amz-Security-Token. `scope` is (region, service)."""
    method, headers, body = request
    names, canonical = canonical_request(method, headers, body)
    scope_text = '/'.join([stamp[:8], *scope, 'aws4_request'])
    to_sign = '\n'.join([ALGORITHM, stamp, scope_text, digest(canonical.encode())])
    signature = hmac.new(signing_key(credentials['secret'], stamp[:8], *scope), to_sign.encode(), sha256)
    parts = 'Credential=%s/%s, SignedHeaders=%s, Signature=%s'
    return ALGORITHM + ' ' + parts % (credentials['key'], scope_text, names, signature.hexdigest())


def canonical_request(method, headers, body):
    """(the names of the signed headers, the request in its canonical form)."""
    lower = sorted((name.lower(), ' '.join(value.split())) for name, value in headers.items())
    names = ';'.join(name for name, _ in lower)
    lines = ['%s:%s\n' % pair for pair in lower]
    return names, '\n'.join([method, '/', '', ''.join(lines), names, digest(body)])


def signing_key(secret, date, region, service):
    key = ('AWS4' + secret).encode()
    for part in (date, region, service, 'aws4_request'):
        key = hmac.new(key, part.encode(), sha256).digest()
    return key


def digest(data):
    return sha256(data).hexdigest()
