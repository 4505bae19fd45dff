import { redact } from './redact.ts';

/** What every error of cnd carries besides its message. */
export interface ErrorDetail {
  /** The thing the error is about: a flag, a config path, an instance, a file. */
  readonly about?: string;
  /** What to do next, as a sentence or a command to type. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The one family of errors that cnd throws on purpose; anything else is a bug and is reported with its stack. */
export class CndError extends Error {
  /** A stable kebab-case name for programs, e.g. `ssh-login-refused`. */
  readonly code: string;
  readonly about: string | undefined;
  readonly hint: string | undefined;
  /** What `cnd` exits with when this error ends it. */
  readonly exitCode: number = 1;

  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    this.about = detail.about;
    this.hint = detail.hint;
  }
}

/** Bad flags, environment or configuration: nothing was launched (exit code 2). */
export class UsageError extends CndError {
  override readonly exitCode = 2;
}

/** Whether an error of the file system says that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** What an error says, whatever was thrown; without secrets, as it may be told in an event. */
export function messageOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
