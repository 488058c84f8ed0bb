/** Talks to the REST API of the service this page came from, and to nothing else. */

import { resumed } from "./resuming.js";

/** A failure as the service describes it (RFC 9457); without a kind, it could not be reached. */
export class Problem extends Error {
  constructor({ type = "", title = "", detail = "" }) {
    super(detail);
    this.kind = type.split("/").at(-1);
    this.title = title;
  }
}

/** What becomes of a request, or of a stream, whose connection failed; that the reader stopped it is no failure. */
function unreachable(error) {
  throw error.name === "AbortError" ? error : new Problem({});
}

async function checked(request) {
  const response = await request.catch(unreachable);
  if (!response.ok) {
    const unreadable = { title: response.statusText, detail: String(response.status) };
    throw new Problem(await response.json().catch(() => unreadable));
  }
  return response;
}

const post = (path, body, signal) => checked(fetch(path, { method: "POST", body: JSON.stringify(body), signal }));

export const search = async (body, signal) => (await post("/api/v1/search", body, signal)).json();

export const similar = async (id, signal) => (await post("/api/v1/similar", { id, limit: 20 }, signal)).json();

/** Says what came of a search; whether that is noted is the service's business, and never the reader's wait. */
export function tell(request_id, kind, id, rank) {
  const body = JSON.stringify({ request_id, kind, id, rank });
  fetch("/api/v1/feedback", { method: "POST", body, keepalive: true }).catch(() => {});
}

export async function suggest(prefix, signal) {
  const parameters = new URLSearchParams({ q: prefix.slice(0, 200), limit: "6" });
  return (await (await checked(fetch(`/api/v1/autocomplete?${parameters}`, { signal }))).json()).suggestions;
}

export async function read(id) {
  const [collection] = id.split("/", 1);
  const path = `/api/v1/collections/${encodeURIComponent(collection)}/documents/${encodeURIComponent(id)}`;
  return (await checked(fetch(path))).json();
}

export const answer = (body, signal) => events("/api/v1/answer", body, signal);

const summarised = (body, signal) => resumed((after) => events("/api/v1/summarize", { ...body, after }, signal));

/** All that the documents say about a subject: a dossier. */
export const dossier = ({ query, filters }, signal) => summarised({ subject: query, filters }, signal);

/** What the best results of a search say. */
export const digest = ({ query, filters }, signal) => summarised({ query, filters }, signal);

/** What a document says; of a mail, with its thread. */
export const summary = ({ ids, thread }, signal) => summarised({ ids, thread }, signal);

/** Yields the events of an answer as [name, data]; the last one is "done" or "error", or it was cut off. */
async function* events(path, body, signal) {
  const response = await post(path, { ...body, stream: true }, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read().catch(unreachable);
    if (done) return;
    waiting += value;
    const whole = waiting.split("\n\n");
    waiting = whole.pop();
    for (const event of whole) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (name && data) yield [name, JSON.parse(data)];
    }
  }
}
