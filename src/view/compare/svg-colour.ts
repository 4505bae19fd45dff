import { pageColours } from '../report/style.ts';

const [light = new Map<string, string>(), dark = new Map<string, string>()] = pageColours
  .split('@media (prefers-color-scheme:dark)')
  .map(
    (text) =>
      new Map([...text.matchAll(/--(\w+):(#\w+)/g)].map(([, name = '', value = '']) => [name, value])),
  );

/** Attributes of SVG that hold a colour. */
const attributes = ['fill', 'stroke', 'color'];

/**
 * An SVG with its colours as such in place of custom properties, which only browsers know: LaTeX, office programs and
 * rsvg-convert would draw all of it black. Pure.
 */
export function withColours(svg: string): string {
  return svg.replaceAll(/var\(--(\w+)\)/g, (whole, name: string) => light.get(name) ?? whole);
}

/** The style by which a browser shows such an SVG in its dark setting. */
export const darkColours = `@media (prefers-color-scheme:dark){${[
  ...new Map([...light].map(([name, value]) => [value, dark.get(name) ?? value])),
]
  .flatMap(([from, to]) => attributes.map((name) => `[${name}="${from}"]{${name}:${to}}`))
  .join('')}}`;
