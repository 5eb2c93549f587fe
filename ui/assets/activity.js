// How much runs now. Asks often while something runs, seldom while nothing does or the tab is hidden.
const state = new WeakMap();

async function look(me) {
  let busy = false;
  try {
    const query = new URLSearchParams({ since: me.since, lang: me.data.lang });
    const answer = await (await fetch(`/api/activity?${query}`)).json();
    if (me.gone || answer.error) return;
    busy = answer.running + answer.queued > 0;
    show(me, answer);
    if (me.since && answer.ended.length) me.setTriggerValue("ended", answer.ended);
    me.since = answer.now;
    // Work began or ended elsewhere: a page that shows it looks again.
    if (me.busy !== undefined && me.busy !== busy) me.setTriggerValue("changed", true);
    me.busy = busy;
  } catch { /* the app is away: the next look finds out whether it is back */ }
  if (!me.gone) me.timer = setTimeout(() => look(me), document.hidden ? 30000 : busy ? 3000 : 5000);
}

function show(me, answer) {
  const text = answer.text;
  if (me.text === text) return;
  me.text = text;
  const link = document.createElement("a");
  link.href = me.data.href;
  link.className = answer.running ? "" : "waiting";
  link.onclick = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault(); // move as the app's own links do, without loading it anew
    window.history.pushState({}, "", me.data.href);
    window.dispatchEvent(new PopStateEvent("popstate"));
  };
  link.append(document.createElement("i"), document.createTextNode(text));
  me.root.replaceChildren(...(text ? [link] : []));
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let me = state.get(parentElement);
  if (!me) {
    me = { root: parentElement.querySelector(".act"), since: 0 };
    state.set(parentElement, me);
  }
  const language = me.data && me.data.lang !== data.lang;
  Object.assign(me, { data, setTriggerValue });
  // Charts get their colours from the server, which does not hear of another theme by itself.
  const theme = getComputedStyle(me.root).getPropertyValue("--st-background-color").trim();
  if (me.theme && theme && me.theme !== theme) setTriggerValue("theme", theme);
  me.theme = theme || me.theme;
  if (me.timer === undefined || language) {
    clearTimeout(me.timer);
    me.timer = null;
    look(me);
  }
  return () => {
    me.gone = true;
    clearTimeout(me.timer);
    state.delete(parentElement);
  };
}
