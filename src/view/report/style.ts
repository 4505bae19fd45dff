/** Colours of charts and pages, light and dark. */
export const pageColours = `:root{color-scheme:light dark;--page:#fff;--ink:#1b2330;--soft:#5a6577;--line:#dde2ea;--panel:#f6f8fa;--accent:#0b6bcb;--good:#13734b;--bad:#b3261e;--warn:#8a5300;
--launch:#b9c2cf;--boot:#8b9bb4;--SSH:#5b8bd0;--upload:#9879cf;--search:#2f9e70;--disconnected:#e0a02f;--idle:#d5dbe3;--stop:#d9742b;--lost:#cf3f55;--logs:#4aaebd;--terminate:#6b7483;--cell:#0b6bcb;--hit:#c2185b}
@media (prefers-color-scheme:dark){:root{--page:#12161d;--ink:#e4e9f0;--soft:#a0abbb;--line:#2c3542;--panel:#1a2029;--accent:#6cb2ff;--good:#5fd39c;--bad:#ff8d84;--warn:#f0b75b;
--launch:#56606f;--boot:#6d7f9c;--SSH:#5b8bd0;--upload:#9d80d6;--search:#3bb583;--disconnected:#e0a845;--idle:#39424f;--stop:#e0853f;--lost:#e5566b;--logs:#4fb3c2;--terminate:#8a94a4;--cell:#5aa7f5;--hit:#ff6fa5}}`;

/**
 * The only style of a report. Pages have no style attributes: the policy in their head admits this text by its hash and
 * nothing else. Colours are custom properties, which the charts name.
 */
export const style = `
${pageColours}
*{box-sizing:border-box}
html{font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0}
main{max-width:60rem;margin:0 auto;padding:2.2rem 1.4rem 4rem}
h1{font-size:1.65rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;margin:.15rem 0 .3rem}
h2{font-size:1.06rem;font-weight:650;margin:0 0 .2rem}
p{margin:.35rem 0}
.eyebrow{font-size:.8rem;color:var(--soft);margin:0}
.lead{color:var(--soft)}
.outcome{font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
code.flag{white-space:nowrap}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:.9em}
pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;margin:.4rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
section{margin-top:2.2rem;padding-top:1.3rem;border-top:1px solid var(--line)}
.figures{display:flex;flex-wrap:wrap;background:var(--panel);border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:1.3rem 0 0}
.figures div{flex:1 1 auto;box-shadow:0 0 0 .5px var(--line);padding:.65rem .85rem}
.figures dt{font-size:.78rem;color:var(--soft)}
.figures dd{margin:0;font-size:1.08rem;font-weight:600;font-variant-numeric:tabular-nums}
.figures dd small{display:block;font-size:.76rem;font-weight:400;color:var(--soft)}
dl.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.2rem 1.2rem;margin:.5rem 0}
dl.facts dt{color:var(--soft)}
dl.facts dd{margin:0;overflow-wrap:anywhere}
.zeros{color:var(--good);font-weight:700}
figure{margin:.7rem 0 0}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg.chart{display:block;width:100%;min-width:42rem;height:auto;font-family:inherit;font-size:11px;color:var(--soft);overflow:visible}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1rem;list-style:none;margin:.5rem 0;padding:0;font-size:.85rem;color:var(--soft)}
.legend svg{display:inline-block;width:.75em;height:.75em;margin-right:.4em;border-radius:2px}
details{margin-top:.6rem;font-size:.88rem}
summary{cursor:pointer;color:var(--accent);width:max-content;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem;margin:.4rem 0}
th,td{text-align:right;padding:.22rem .5rem;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
th{font-weight:600;color:var(--soft)}
th:first-child,td:first-child{padding-left:0}
.text{text-align:left}
td.text{white-space:normal;overflow-wrap:anywhere;min-width:11rem}
td.line{min-width:0;white-space:nowrap;text-align:left}
footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media (max-width:34rem){main{padding:1.3rem 1rem 3rem}h1{font-size:1.35rem}dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.4rem}}
@media print{:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#444;--line:#bbb;--panel:#fff;--accent:#0b6bcb;--good:#13734b;--bad:#b3261e;--warn:#8a5300;
--launch:#b9c2cf;--boot:#8b9bb4;--SSH:#5b8bd0;--upload:#9879cf;--search:#2f9e70;--disconnected:#e0a02f;--idle:#d5dbe3;--stop:#d9742b;--lost:#cf3f55;--logs:#4aaebd;--terminate:#6b7483;--cell:#0b6bcb;--hit:#c2185b}
*{print-color-adjust:exact}main{max-width:none}figure,tr,dl.facts,pre{break-inside:avoid}h2,.lead,.legend{break-after:avoid}.scroll{overflow:visible}svg.chart{min-width:0}table{font-size:.68rem}th,td{padding:.15rem .3rem}td.line{white-space:normal;overflow-wrap:anywhere}summary::marker{content:none}details:not([open]){display:none}}
`;
