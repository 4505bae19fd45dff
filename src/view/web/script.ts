/**
 * The script of a live report, admitted by its hash: it reads messages (`WebMessage`) from the server and puts the parts of the
 * page that have changed into their places. What somebody has opened, scrolled to, focused or selected stays so.
 */
export const script = String.raw`
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const [state, scram, question] = ['state', 'scram', 'question'].map(byId);
  const token = location.hash.slice(1);
  const headers = { 'X-Cnd-Token': token };
  const waiting = new Map();
  let isOver = false;

  const say = (words) => {
    if (state.textContent !== words) state.textContent = words;
  };

  const put = (name, html) => {
    const part = document.querySelector('[data-part="' + name + '"]');
    if (!part) return;
    const selection = getSelection();
    if (selection && !selection.isCollapsed && selection.containsNode(part, true)) {
      waiting.set(name, html);
      return;
    }
    waiting.delete(name);
    const all = (selector) => [...part.querySelectorAll(selector)];
    const open = all('details').map((one) => one.open);
    const scrolled = all('.scroll').map((one) => one.scrollLeft);
    const focused = all('summary,[tabindex]').indexOf(document.activeElement);
    part.innerHTML = html;
    all('details').forEach((one, index) => (one.open = open[index] ?? one.open));
    all('.scroll').forEach((one, index) => (one.scrollLeft = scrolled[index] ?? 0));
    if (focused >= 0) all('summary,[tabindex]')[focused]?.focus({ preventScroll: true });
  };

  const take = ({ parts = {}, state: words, over }) => {
    for (const [name, html] of new Map([...waiting, ...Object.entries(parts)])) put(name, html);
    if (words !== undefined) say(words);
    if (!over) return;
    isOver = true;
    scram.hidden = true;
    if (question.open) question.close();
  };

  const follow = async () => {
    const response = await fetch('/updates', { headers, cache: 'no-store', redirect: 'error' });
    if (response.status === 403) {
      isOver = true;
      say('The address of this page is not, or no longer, that of a run that is watched. This is the report of ' + new Date().toLocaleTimeString() + '.');
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    say('Live: this page follows the run.');
    scram.hidden = false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      for (const line of lines) take(JSON.parse(line));
    }
  };

  const terminate = async () => {
    question.close();
    say('Asking for the end of the run …');
    try {
      const response = await fetch('/scram', { method: 'POST', headers, cache: 'no-store', redirect: 'error' });
      if (!response.ok) say('The run was not asked to end: ' + (await response.text()).trim());
    } catch {
      say('The run was not asked to end: the server of this page does not answer.');
    }
  };

  const run = async () => {
    if (token === '') return say('The address of this page lacks its token, the part after #: it does not follow the run.');
    scram.addEventListener('click', () => question.showModal());
    byId('no').addEventListener('click', () => question.close());
    byId('yes').addEventListener('click', () => void terminate());
    for (let wait = 1000; !isOver; wait = Math.min(15000, wait * 2)) {
      const since = performance.now();
      await follow().catch(() => {});
      if (isOver) return;
      if (performance.now() - since > 5000) wait = 1000;
      scram.hidden = true;
      say('The connection was lost. This page shows the run as it was at ' + new Date().toLocaleTimeString() + '.');
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
  void run();
})();
`;
