"""What a controller says, a line at a time, and what the agent does of it: first the job, then orders (docs/agent.md)."""
from job import SILENCE, is_attach, is_ping, parse_attach, parse_job, parse_order
from puzzle import Bad


class Orders:
    """`host` is the agent: begin, stop, welcome, allow, refuse and report_error are called of it; its job, status, dealer,
    redos, report, output and log are used."""

    def __init__(self, host):
        self.host = host

    def take(self, line):
        host = self.host
        if host.status is not None:
            return
        try:
            if host.job:
                self.obey(*parse_order(line, host.job.stride))
            else:
                self.take_first(line)
        except Bad as error:
            if host.job:
                host.report_error(str(error))
            else:
                host.refuse(str(error))

    def take_first(self, line):
        """While there is no job."""
        host = self.host
        if is_attach(line):
            host.welcome(parse_attach(line))
        elif line == b'{"order":"stop"}':
            host.output.send('stopped', reason='order')
            host.status = 0
        elif is_ping(line):
            # It started slowly, or its controller has a thousand others: the job comes later.
            host.allow(SILENCE)
        else:
            host.begin(parse_job(line))

    def obey(self, order, arguments):
        host = self.host
        if order == 'stop':
            host.stop('order')
        elif order == 'ping':
            host.output.confirm(*arguments)
        elif order == 'adopt':
            host.dealer.hold(*arguments)
            host.report.idle = False  # to be said again
        elif order == 'release':
            self.release(*arguments)
        elif order == 'redo':
            self.redo(*arguments)
        elif order == 'bound':
            host.dealer.lower(*arguments)

    def redo(self, lo, hi):
        """Searches a range again that another worker claims to have searched."""
        job = self.host.job
        if not job.start <= lo < hi <= job.limit:
            raise Bad('redo: give a range of the space, from %d to %d' % (job.start, job.limit))
        self.host.redos.add(lo, hi)

    def release(self, residue, nonce):
        """Gives a share back, or what was not dealt of it from a nonce on: of that nothing has to be waited for."""
        host = self.host
        if residue in host.dealer.given_back:
            # Its controller had not heard of that yet, and asked again.
            return host.log.info('asked for residue %d, which was given back' % residue)
        if nonce is None:
            if not host.dealer.release(residue):
                raise Bad('residue %d: is not held here' % residue)
            return
        given = host.dealer.release_from(residue, nonce)
        if given is None:
            raise Bad('residue %d: is not held here' % residue)
        host.report.send_released(residue, given)
