import type { z } from 'zod';
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
  if (!(error instanceof Error)) return redact(String(error));
  return redact(isSchemaError(error) ? firstIssue(error) : error.message);
}

function isSchemaError(error: Error): error is z.ZodError {
  return error.name === 'ZodError';
}

/** Of what a schema found, which as a message would be all of it as JSON. */
function firstIssue({ issues: [issue], message }: z.ZodError): string {
  if (!issue) return message;
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}

/** Causes of causes that are told at most: a cycle must not be followed for ever. */
const deepest = 12;

/** Errors that are kept for `--verbose`: a run that fails a thousand times has a few causes. */
const mostKept = 20;

const kept = new Map<string, CndError>();

/**
 * Keeps an error whose cause only `--verbose` tells, whatever becomes of the error: as a warning or the reason of a run's end
 * only its message is told, and events, journal and archive never hold what AWS said word for word.
 */
export function keepCause<E extends CndError>(error: E): E {
  if (error.cause !== undefined && kept.size < mostKept) kept.set(error.message, error);
  return error;
}

/** What was kept, in the order it happened. */
export function keptCauses(): readonly CndError[] {
  return [...kept.values()];
}

/** An error and everything that caused it, from the outermost on. Pure. */
export function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  const follow = (one: unknown): void => {
    if (one === undefined || chain.includes(one) || chain.length >= deepest) return;
    chain.push(one);
    if (!(one instanceof Error)) return;
    if (one instanceof AggregateError) for (const inner of one.errors as unknown[]) follow(inner);
    follow(one.cause);
  };
  follow(error);
  return chain;
}

/** The whole chain of causes as lines for stderr, without secrets: one cause a line, what AWS has encoded with its key. Pure. */
export function causeLines(error: unknown): string {
  return causesOf(error)
    .slice(1)
    .map((cause) => `caused by: ${words(cause)}\n${decoding(cause)}`)
    .join('');
}

function words(cause: unknown): string {
  if (!(cause instanceof Error)) return redact(String(cause));
  const status: unknown = Reflect.get(Object(Reflect.get(cause, '$metadata')), 'httpStatusCode');
  const request: unknown = Reflect.get(Object(Reflect.get(cause, '$metadata')), 'requestId');
  const code: unknown = Reflect.get(cause, 'code');
  const details = [
    cause instanceof CndError || typeof code !== 'string' || cause.message.includes(code) ? [] : [code],
    typeof status === 'number' ? [`HTTP ${status}`] : [],
    typeof request === 'string' ? [`request ${request}`] : [],
  ].flat();
  const more = details.length > 0 ? ` (${details.join(', ')})` : '';
  return `${cause.name}: ${redact(cause.message)}${more}`;
}

/** EC2 encodes why it denies something; who may call `sts:DecodeAuthorizationMessage` can read it. */
function decoding(cause: unknown): string {
  const encoded = cause instanceof Error ? encodedMessage(cause.message) : undefined;
  if (encoded === undefined) return '';
  const command =
    'aws sts decode-authorization-message --query DecodedMessage --output text --encoded-message';
  return `           read it with: ${command} ${encoded}\n`;
}

/** What EC2 appends to a denial, encoded. Pure. */
export function encodedMessage(message: string): string | undefined {
  return /Encoded authorization failure message: ([\w-]+)/.exec(message)?.[1];
}
