/** One element of an AWS answer, which has neither mixed content nor attributes that matter. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: string;
  text: string;
  children: XmlNode[];
}

const token = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([\w:.-]+)([^>]*?)(\/?)>|([^<]+)/g;
const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Reads the XML of an AWS answer. */
export function parseXml(text: string): XmlNode {
  const top = element('');
  const open = [top];
  for (const [, close, name, attributes, empty, content] of text.matchAll(token)) {
    const inside = open.at(-1) ?? top;
    if (content !== undefined) inside.text += unescapeXml(content);
    else if (close === '/') open.pop();
    else if (name !== undefined) {
      const node: XmlNode = { name, attributes: attributes ?? '', text: '', children: [] };
      inside.children.push(node);
      if (empty !== '/') open.push(node);
    }
  }
  const [root] = top.children;
  if (!root) throw new Error(`not XML: ${text.slice(0, 200)}`);
  return root;
}

/** Writes an element and everything in it. */
export function writeXml({ name, attributes, text, children }: XmlNode): string {
  const inner = children.length > 0 ? children.map(writeXml).join('') : escapeXml(text);
  return `<${name}${attributes}>${inner}</${name}>`;
}

export function element(name: string, content: string | XmlNode[] = ''): XmlNode {
  const text = typeof content === 'string';
  return { name, attributes: '', text: text ? content : '', children: text ? [] : content };
}

/** The element at a path of names like `instanceState/name`. */
export function find(node: XmlNode, path: string): XmlNode | undefined {
  let found: XmlNode | undefined = node;
  for (const name of path.split('/')) found = found?.children.find((child) => child.name === name);
  return found;
}

/** The text at a path; empty when it does not exist. */
export function textAt(node: XmlNode, path: string): string {
  return find(node, path)?.text ?? '';
}

/** The `item`s of the list at a path. */
export function itemsAt(node: XmlNode, path: string): XmlNode[] {
  return find(node, path)?.children.filter(({ name }) => name === 'item') ?? [];
}

/** Replaces a child, or adds it. */
export function put(node: XmlNode, name: string, content: string | XmlNode[]): void {
  node.children = [...node.children.filter((child) => child.name !== name), element(name, content)];
}

export function remove(node: XmlNode, name: string): void {
  node.children = node.children.filter((child) => child.name !== name);
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescapeXml(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|(\w+));/g, (all, code?: string, name?: string) =>
    code === undefined ? (entities[name ?? ''] ?? all) : String.fromCodePoint(Number(code)),
  );
}
