// The connection to the mesh: a poll of three documents every second while the page is seen, and the event stream.

const POLL_MS = 1000;
const ANSWER_WITHIN_MS = 4000;
const TOKEN = "hedgerow-admin-token";

/**
 * Calls `seen(documents)` with every reading, `happened(event)` with every event, `missed(count)` where events were
 * dropped, `recalled(events)` with the kept events after a break, and `link(state)` whenever the connection changes.
 */
export function watch({ seen, happened, missed, recalled, link }) {
  let polling = false;
  let live = false;
  let broken = false;
  let reading = "none";

  const tell = () => {
    if (reading === "failed") link("stale");
    else if (reading === "none") link("connecting");
    else if (document.hidden) link("paused");
    else link(live ? "live" : "polling");
  };

  async function poll() {
    if (polling || document.hidden) return;
    polling = true;
    try {
      const [tree, breakers, upstreams] = await Promise.all(["api/tree", "api/breakers", "api/upstreams"].map(read));
      reading = "fresh";
      seen({ tree, breakers, upstreams });
    } catch {
      reading = "failed";
    } finally {
      polling = false;
      tell();
    }
  }

  // The browser connects again by itself after a break, and says which event it has seen last; only after an answer
  // that is no stream (503) it gives up.
  function follow() {
    const source = new EventSource("events");
    source.onopen = () => {
      live = true;
      tell();
      // It may be another process that answers now, whose numbers mean other events.
      if (broken) read("api/events").then(recalled, () => {});
      broken = false;
    };
    source.onmessage = (message) => {
      happened(JSON.parse(message.data));
      poll();
    };
    source.addEventListener("missed", (message) => missed(JSON.parse(message.data).missed));
    source.onerror = () => {
      live = false;
      broken = true;
      tell();
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, 5 * POLL_MS);
    };
  }

  document.addEventListener("visibilitychange", () => { tell(); poll(); });
  setInterval(poll, POLL_MS);
  poll();
  follow();
}

async function read(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/**
 * Gives an order to the actor at `path`. Answers `{ done, needsToken, text }`.
 */
export async function order(path, action) {
  const headers = { "content-type": "application/json" };
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.authorization = `Bearer ${token}`;
  try {
    const answer = await fetch(`api/actors/${path}`, { method: "POST", headers, body: JSON.stringify({ action }) });
    const body = await answer.json();
    if (answer.ok) return { done: true, text: `${action} was ordered; the actor is ${body.state}.` };
    if (answer.status === 401) sessionStorage.removeItem(TOKEN);
    return { done: false, needsToken: answer.status === 401, text: `${body.title}: ${body.detail}` };
  } catch (error) {
    return { done: false, text: `No answer: ${error.message}` };
  }
}

/** Keeps the token until this tab is closed. */
export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);
