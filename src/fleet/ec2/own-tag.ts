import { z } from 'zod';

/** Characters that tags of EC2 and SQS may have (EC2 User Guide, "Tag restrictions"; SQS allows the same). */
const allowed = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u;

/** A resource may have 50 tags, and cnd's own are five. */
const most = 45;

const longest = { key: 128, value: 256 };

/** What is wrong with a tag, in words that follow its name; undefined: nothing. Pure. */
export function tagError(key: string, value: string): string | undefined {
  if (/^cnd:/i.test(key)) return 'must not begin with cnd:, which is for the tags that cnd finds its runs by';
  if (/^aws:/i.test(key)) return 'must not begin with aws:, which is for AWS itself';
  if (key.trim() === '' || key.length > longest.key)
    return `must have a key of 1 to ${longest.key} characters`;
  if (value.length > longest.value) return `must have a value of at most ${longest.value} characters`;
  if (allowed.test(key) && allowed.test(value)) return undefined;
  return 'may have letters, digits, spaces and + - = . _ : / @ only';
}

/** Tags that a policy demands, or that somebody wants to see on a bill: `{ "team": "research" }`. */
export const ownTags = z
  .record(z.string(), z.string({ error: 'must be text' }), {
    error: 'must be an object of tags, like { "team": "research" }',
  })
  .superRefine((tags, context) => {
    const entries = Object.entries(tags);
    if (entries.length > most) context.addIssue({ code: 'custom', message: `must be at most ${most} tags` });
    for (const [key, value] of entries) {
      const message = tagError(key, value);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [key], message });
    }
  });
