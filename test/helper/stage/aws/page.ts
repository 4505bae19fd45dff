import type { Seed } from '../seed.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { type Member, type Model, ec2Name, modelOf } from './model.ts';
import type { Violation } from './violation.ts';
import { find, parseXml, put, textAt, writeXml, type XmlNode } from './xml.ts';

/** An answer that is a list, taken apart. */
interface Listed {
  readonly items: readonly unknown[];
  /** Of the next page, where the answer was not all of the list. */
  readonly token: string | undefined;
  /** The answer with these items, and the token of the next page; undefined: the last one, with what token it had. */
  readonly with: (items: readonly unknown[], token: string | undefined) => Answer;
}

/** Pages at most: an answer of one page at AWS must not become hundreds of calls here. */
const mostPages = 4;

/** SQS pages only what was asked for with a page size (API_ListQueues). */
const onlyIfAsked = new Set(['sqs']);

/**
 * Gives every list page by page, as AWS may and moto never does: few items on each, and empty pages with a token among
 * them (boto/boto3#2888). Where the lists are, and how their tokens are called, is in AWS's own models.
 */
export class Pager {
  /** How many of so many items are on which page, where a test wants to say so. */
  plan: ((items: number) => readonly number[]) | undefined;
  readonly #seed: Seed;
  /** The further pages by their tokens, with what their list was asked for; moto keeps those of its own tokens. */
  readonly #rest = new Map<string, { readonly answer?: Answer; readonly asked: string }>();
  #count = 0;
  #generation = 0;

  constructor(seed: Seed) {
    this.#seed = seed;
  }

  /** Whether a call asks for a further page of an earlier answer. */
  continues(call: Call): boolean {
    return this.#rest.get(tokenOf(call) ?? '')?.answer !== undefined;
  }

  /** A token that is nobody's, or was given for another question: EC2's `InvalidNextToken`. */
  misused(call: Call): Violation[] {
    const token = tokenOf(call);
    if (token === undefined) return [];
    const page = this.#rest.get(token);
    if (page?.asked === askedOf(call)) return [];
    const what = page ? 'was given for other parameters' : 'is not valid';
    return [{ kind: 'token', member: 'NextToken', message: `The token ${token} ${what}` }];
  }

  async answer(call: Call, ask: () => Promise<Answer>): Promise<Answer> {
    const names = namesOf(call);
    if (!names) return ask();
    const token = tokenOf(call) ?? '';
    // A page may be asked for again: its answer may have been lost.
    const page = this.#rest.get(token);
    if (page?.answer) return page.answer;
    const limit = Number(call.parameters[names.limit] ?? NaN);
    if (onlyIfAsked.has(call.service) && Number.isNaN(limit)) return ask();
    const answer = await ask();
    if (answer.status !== 200) return answer;
    const listed =
      call.service === 'ec2' || call.service === 's3' ? xmlList(answer, names) : jsonList(answer, names);
    if (listed?.token !== undefined) this.#rest.set(listed.token, { asked: askedOf(call) });
    return listed ? this.#cut(listed, limit, askedOf(call)) : answer;
  }

  clear(): void {
    this.plan = undefined;
    // Who was asking may ask on, and gets the list that there was.
    this.#generation += 1;
    this.#count = 0;
  }

  #cut({ items, with: page }: Listed, limit: number, asked: string): Answer {
    const number = this.#count++;
    const sizes = this.plan?.(items.length) ?? pageSizes(this.#seed, number, items.length, limit);
    let from = 0;
    const pages = sizes.map((size, index) => {
      const part = items.slice(from, (from += size));
      return page(
        part,
        index + 1 < sizes.length ? tokenFor(`${this.#generation}-${number}`, index + 1) : undefined,
      );
    });
    for (const [index, answer] of pages.entries())
      if (index > 0) this.#rest.set(tokenFor(`${this.#generation}-${number}`, index), { answer, asked });
    const [first] = pages;
    if (!first) throw new Error('an answer without a page');
    return first;
  }
}

/** How many items are on which page: the sum is all of them, and any page may be empty. Pure. */
export function pageSizes(seed: Seed, number: number, items: number, limit = NaN): number[] {
  const pages = seed.between(1, mostPages - 1, 'pages', number);
  const size = Math.max(1, Math.min(Number.isNaN(limit) ? Infinity : limit, Math.ceil(items / pages)));
  const full: number[] = [];
  for (let left = items; left > 0; left -= size) full.push(Math.min(size, left));
  // Before, between or after the others, or nowhere.
  const at = seed.between(0, full.length + 1, 'empty page', number);
  return at > full.length && full.length > 0 ? full : full.toSpliced(at, 0, 0);
}

function tokenFor(list: string, page: number): string {
  return `stage-page-${list}-${page}`;
}

interface Names {
  /** Of the parameters of the request. */
  readonly token: string;
  readonly limit: string;
  /** Of the elements or members of the answer. */
  readonly next: string;
  readonly results: readonly string[];
  readonly more: string | undefined;
}

function tokenOf(call: Call): string | undefined {
  const names = namesOf(call);
  const token = names && call.parameters[names.token];
  return typeof token === 'string' ? token : undefined;
}

/** What a list is asked for with: the same on all of its pages. */
function askedOf(call: Call): string {
  const names = namesOf(call);
  const same = Object.entries(call.parameters).filter(
    ([name]) => name !== names?.token && name !== names?.limit && name !== 'Trailer',
  );
  return JSON.stringify([
    call.service,
    call.action,
    call.region,
    same.toSorted(([a], [b]) => a.localeCompare(b)),
  ]);
}

/** How the list of an operation is called on the wire; undefined for one that gives none. */
function namesOf({ service, action }: Call): Names | undefined {
  if (service === '') return undefined;
  const model = modelOf(service);
  const pagination = model.pagination[action];
  const operation = model.operations[action];
  if (!pagination || !operation?.input || !operation.output) return undefined;
  const { members: input = {} } = model.shapes[operation.input.shape] ?? {};
  const { members: output = {} } = model.shapes[operation.output.shape] ?? {};
  const asked = (name: string): string => wireName(model, name, input[name]);
  const told = (name: string): string => output[name]?.locationName ?? name;
  return {
    token: asked(only(pagination.input_token)),
    limit: asked(pagination.limit_key ?? ''),
    next: told(only(pagination.output_token)),
    results: [pagination.result_key].flat().map(told),
    more: pagination.more_results === undefined ? undefined : told(pagination.more_results),
  };
}

function only(names: string | readonly string[]): string {
  return typeof names === 'string' ? names : (names[0] ?? '');
}

function wireName({ metadata }: Model, name: string, member: Member | undefined): string {
  if (!member) return name;
  return metadata.protocol === 'ec2' ? ec2Name(name, member) : (member.locationName ?? name);
}

/** EC2's items are in an element of their own; those of S3 are right below the root. */
function xmlList(answer: Answer, { next, results, more }: Names): Listed | undefined {
  const text = answer.body.toString();
  const root = parseXml(text);
  const [name = ''] = results;
  const set = more === undefined ? find(root, name) : undefined;
  if (more === undefined && !set) return undefined;
  const isItem = (node: XmlNode): boolean => (set ? true : results.includes(node.name));
  const items = (set ?? root).children.filter(isItem);
  return {
    items,
    token: textAt(root, next) || undefined,
    with: (part, token) => {
      const copy = parseXml(text);
      const place = set ? find(copy, name) : copy;
      if (place) place.children = [...place.children.filter((node) => !isItem(node)), ...(part as XmlNode[])];
      if (token !== undefined) {
        put(copy, next, token);
        if (more !== undefined) put(copy, more, 'true');
      }
      return {
        ...answer,
        headers: withoutLength(answer),
        body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(copy)}`),
      };
    },
  };
}

function jsonList(answer: Answer, { next, results }: Names): Listed | undefined {
  const content = JSON.parse(answer.body.toString()) as Record<string, unknown>;
  const [name = ''] = results;
  const items = content[name] ?? [];
  if (!Array.isArray(items)) return undefined;
  const own = content[next];
  return {
    items,
    token: typeof own === 'string' ? own : undefined,
    with: (part, token) => {
      const body = { ...content, [name]: part, ...(token !== undefined && { [next]: token }) };
      return { ...answer, headers: withoutLength(answer), body: Buffer.from(JSON.stringify(body)) };
    },
  };
}

/** The proxy says the length itself. */
function withoutLength({ headers }: Answer): Answer['headers'] {
  const { 'content-length': _, ...rest } = headers;
  return rest;
}
