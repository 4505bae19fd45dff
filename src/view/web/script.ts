/**
 * The script of a live report, admitted by its hash: it reads messages (`WebMessage`) from the server and replaces the parts of
 * the page that have changed. What the user has opened, scrolled, focused or selected stays so.
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
  let lastAt = '';

  const say = (words) => {
    if (state.textContent !== words) state.textContent = words;
  };

  const added = (name) => {
    const part = document.createElement('div');
    part.dataset.part = name;
    byId('parts').append(part);
    return part;
  };

  const put = (name, html) => {
    const part = document.querySelector('[data-part="' + name + '"]') ?? added(name);
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

  const take = ({ run, parts = {}, state: words, over }) => {
    if (run !== undefined) {
      document.title = run + ' – cnd';
      byId('name')?.remove();
      for (const one of document.querySelectorAll('[data-run]')) one.textContent = run;
    }
    for (const [name, html] of new Map([...waiting, ...Object.entries(parts)])) put(name, html);
    lastAt = new Date().toLocaleTimeString();
    if (words !== undefined) say(words);
    if (!over) return;
    isOver = true;
    scram.hidden = true;
    if (question.open) question.close();
  };

  const asOf = () => (lastAt === '' ? '' : ' This is the run as it was at ' + lastAt + '.');

  const follow = async () => {
    const response = await fetch('/updates', { method: 'POST', headers, cache: 'no-store', redirect: 'error' });
    if (response.status === 403) {
      isOver = true;
      say('The token in the address of this page, the part after #, is not valid here, or no longer.' + asOf());
      return;
    }
    if (!response.ok) return (await response.text()).trim();
    say('Live: this page follows the run.');
    scram.hidden = false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'the connection was closed';
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      for (const line of lines) take(JSON.parse(line));
    }
  };

  const terminate = async () => {
    question.close();
    say('Terminating the run …');
    try {
      const response = await fetch('/scram', { method: 'POST', headers, cache: 'no-store', redirect: 'error' });
      if (!response.ok) say('The run was not terminated: ' + (await response.text()).trim());
    } catch {
      say('The run was not terminated: the server of this page does not respond.');
    }
  };

  const start = async () => {
    if (token === '') return say('The address of this page lacks its token, the part after #: open the whole address that was printed.');
    say('Connecting …');
    scram.addEventListener('click', () => question.showModal());
    byId('no').addEventListener('click', () => question.close());
    byId('yes').addEventListener('click', () => void terminate());
    for (let wait = 1000; !isOver; wait = Math.min(15000, wait * 2)) {
      const since = performance.now();
      const why = await follow().catch(() => 'the server of this page does not respond');
      if (isOver) return;
      if (performance.now() - since > 5000) wait = 1000;
      scram.hidden = true;
      say('Not connected: ' + why + '; retrying.' + asOf());
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
  void start();
})();
`;
