/** Where an SSH server is, as a person writes it; what is left out has a default. */
export interface Address {
  readonly user?: string;
  /** A name or an IP address, without brackets, in lower case. */
  readonly host: string;
  /** The host as it was written, where that differs: patterns of ~/.ssh/config tell capitals apart. */
  readonly written?: string;
  readonly port?: number;
}

/** Why a text is no address, as the end of a sentence that begins with it. */
export interface BadAddress {
  readonly error: string;
}

const form = 'must be like user@host, user@host:2222 or user@[::1]:22';

/** Reads `[user@]host[:port]`, an IPv6 address in brackets. Pure. */
export function parseAddress(text: string): Address | BadAddress {
  const at = text.lastIndexOf('@');
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text.slice(at + 1)) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) return { error: form };
  if (bracketed !== undefined && !bracketed.includes(':')) return { error: form };
  return validateAddress({
    host,
    ...(at >= 0 && { user: text.slice(0, at) }),
    ...(port !== undefined && { port }),
  });
}

/** Judges the parts of an address, however they were given. Pure. */
export function validateAddress(parts: {
  user?: string;
  host: string;
  port?: string | number;
}): Address | BadAddress {
  const { user, host, port } = parts;
  // What is judged here is shown in commands to copy, so nothing may look like an option or hold a shell's characters.
  const isHost =
    /^[A-Za-z0-9_]([A-Za-z0-9._-]*)$/.test(host) || /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*(%[\w.-]+)?$/.test(host);
  if (!isHost) return { error: form };
  // An `@` is part of some users' names (accounts of a directory, of a bastion): the last one is the separator.
  if (user !== undefined && !/^[^\s@:'"`$;&|<>()-][^\s:'"`;&|<>()]*$/.test(user)) return { error: form };
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  if (user !== undefined && /[\u0000-\u001F\u007F-\u009F]/.test(user)) return { error: form };
  if (port !== undefined && !(/^[1-9]\d{0,4}$/.test(String(port)) && Number(port) <= 65_535)) {
    return { error: 'must have a port from 1 to 65535' };
  }
  const lower = host.toLowerCase();
  return {
    host: lower,
    ...(lower !== host && { written: host }),
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port: Number(port) }),
  };
}
