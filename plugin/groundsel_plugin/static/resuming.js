/** Goes on with a summary whose stream broke: what has come stays, and only the rest is asked for. */

const MOST_BREAKS = 3;
const PAUSE = 1000; // milliseconds before the rest is asked for; twice as long each time

/**
 * Yields the events of one summary, of however many streams: whole sentences, with places in the whole text.
 * @param {(after: number) => AsyncIterable<[string, object]>} ask for the events but for the first `after` sentences
 */
export async function* resumed(ask) {
  const told = { sentences: 0, length: 0, kind: undefined };
  for (let breaks = 0; ; breaks += 1) {
    const resumable = () => told.sentences && breaks < MOST_BREAKS;
    try {
      for await (const event of wholeSentences(ask(told.sentences), told)) {
        yield event;
        if (event[0] === "done" || event[0] === "error") return;
      }
      if (!resumable()) return;
    } catch (problem) {
      if (problem.kind !== "" || !resumable()) throw problem;
    }
    await new Promise((then) => setTimeout(then, PAUSE * 2 ** breaks));
  }
}

/** Holds a sentence back until each of its markers has a citation; counts it, and its length in code points, then. */
async function* wholeSentences(events, told) {
  const blank = told.length ? " " : "";
  const begin = told.length + blank.length;
  let sentence;
  for await (const [name, data] of events) {
    if (name === "delta") {
      const text = told.length < begin ? blank + data.text : data.text;
      sentence = { text, missing: markers(text), events: [[name, { ...data, text }]] };
    } else if (name === "citation") {
      const citation = [name, { ...data, text_span: data.text_span.map((place) => place + begin) }];
      if (sentence) sentence.events.push(citation);
      else yield citation;
      sentence?.missing.delete(data.n);
    } else if (name === "section") {
      if (data.kind !== told.kind) yield [name, { ...data, start: data.start + begin }];
      told.kind = data.kind;
    } else yield [name, data];
    if (!sentence || sentence.missing.size) continue;
    told.sentences += 1;
    told.length += Array.from(sentence.text).length;
    yield* sentence.events;
    sentence = undefined;
  }
}

/** The numbers that a sentence ends with, as in "So it is. [1] [2]". */
const markers = (text) => new Set(/( \[\d+\])*$/.exec(text)[0].match(/\d+/g)?.map(Number));
