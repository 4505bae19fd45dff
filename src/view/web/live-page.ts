import { markup } from '../html.ts';
import { contentPolicy, htmlPage } from '../report/page.ts';
import { style as reportStyle } from '../report/style.ts';
import { script } from './script.ts';

/** The style of what a live report has in addition: its state, and the scram. */
const liveStyle = `
.live{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1rem;justify-content:space-between;margin-bottom:1.4rem;padding:.5rem .85rem;background:var(--panel);border:1px solid var(--line);border-radius:8px;font-size:.88rem}
.live p{margin:0;color:var(--soft)}
button{font:inherit;font-size:.88rem;color:var(--ink);background:var(--page);border:1px solid var(--soft);border-radius:6px;padding:.25rem .8rem;cursor:pointer}
button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
button.bad{color:var(--bad);border-color:var(--bad)}
dialog{max-width:min(30rem,calc(100% - 2rem));color:var(--ink);background:var(--page);border:1px solid var(--line);border-radius:10px;padding:1.2rem 1.4rem}
dialog::backdrop{background:rgb(0 0 0/.5)}
.answers{display:flex;gap:.7rem;justify-content:flex-end;margin-top:1rem}
[hidden]{display:none}
@media print{.live{display:none}}
`;

const sources = { style: `${reportStyle}${liveStyle}`, script };

/** What the page may load and do; `frame-ancestors` works in a header only. */
export const livePolicy = `${contentPolicy(sources)}; frame-ancestors 'none'`;

/**
 * The page that shows a run: the same for every run, so that whoever loads it without the token learns nothing. Its script
 * requests the report.
 */
export const livePage = htmlPage(
  'cnd watch',
  sources,
  markup`<main>
<div class="live"><p id="state" role="status">This page needs scripts. Without them: cnd attach, and cnd report once the run has ended.</p>
<button type="button" id="scram" class="bad" hidden>Terminate the run…</button></div>
<dialog id="question" aria-labelledby="question-name"><h2 id="question-name">Terminate this run?</h2>
<p>The search stops, and every instance of <code data-run></code> is terminated, as by <code>cnd scram --run <span data-run></span></code>.</p>
<div class="answers"><button type="button" id="no">Cancel</button><button type="button" id="yes" class="bad">Terminate</button></div></dialog>
<div id="parts"><h1 id="name">cnd watch</h1></div></main>`,
);
