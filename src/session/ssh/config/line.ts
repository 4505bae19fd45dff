/** One line of an ssh_config file. */
export interface ConfigLine {
  /** In lower case. */
  readonly keyword: string;
  readonly values: readonly string[];
  /** `file:line`, for messages. */
  readonly where: string;
}

/** Why a file cannot be read as one, as ssh itself would say before it gives up. */
export interface BadLine {
  readonly where: string;
  readonly problem: string;
}

/** Reads an ssh_config file as OpenSSH splits it (readconf.c, argv_split of misc.c); comments and empty lines are left out. Pure. */
export function parseSshConfig(text: string, file: string): (ConfigLine | BadLine)[] {
  return text.split('\n').flatMap((line, index): (ConfigLine | BadLine)[] => {
    const where = `${file}:${index + 1}`;
    const trimmed = line.replace(/^[ \t\r\f]+|[ \t\r\f]+$/g, '');
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    // A keyword may be quoted, and be followed by one `=`.
    const [, quoted, plain, rest = ''] =
      /^(?:"([^"]*)"|([^ \t\r="]+))(?:[ \t\r]*=)?[ \t\r]*(.*)$/.exec(trimmed) ?? [];
    const keyword = (quoted ?? plain)?.toLowerCase();
    if (keyword === undefined) return [{ where, problem: 'no keyword' }];
    const values = splitWords(rest);
    if (values === undefined) return [{ where, problem: 'a quote that does not end' }];
    return [{ keyword, values, where }];
  });
}

/** Words, quoted with either quote or not; undefined when a quote does not end. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  for (let at = 0; at < text.length;) {
    if (/[ \t]/.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    if (text[at] === '#') break;
    let [word, quote] = ['', ''];
    for (; at < text.length; at += 1) {
      const [character = '', next = ''] = text.slice(at, at + 2);
      if (character === '\\' && (/["'\\]/.test(next) || (quote === '' && next === ' '))) {
        word += next;
        at += 1;
      } else if (quote === '' && /[ \t]/.test(character)) break;
      else if (quote === '' && /["']/.test(character)) quote = character;
      else if (character === quote) quote = '';
      else word += character;
    }
    if (quote !== '') return undefined;
    words.push(word);
  }
  return words;
}
