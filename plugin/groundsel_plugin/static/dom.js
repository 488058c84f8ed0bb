/** Makes elements; text only ever becomes text. */

/**
 * @param {string} name
 * @param {Record<string, string | boolean | EventListener>} attributes `on…` are listeners, the others attributes.
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };

/** Turns a snippet, escaped but for <em>, into nodes without ever parsing it as HTML. */
export function snippet(text) {
  const plain = (piece) => piece.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity]);
  return text
    .split(/(<em>.*?<\/em>)/s)
    .map((piece) => (piece.startsWith("<em>") ? element("em", {}, plain(piece.slice(4, -5))) : plain(piece)));
}

/** A message in the place of what could not be shown; `more` stands below it. */
export function notice(kind, title, detail, ...more) {
  const role = kind === "alarm" ? "alert" : "note";
  return element("div", { class: `notice ${kind}`, role }, element("h2", {}, title), element("p", {}, detail), ...more);
}

/** The end of a long path says most. */
export function shortPlace(url) {
  const path = plainPlace(url);
  const parts = path.split("/");
  return parts.length > 4 ? `…/${parts.slice(-3).join("/")}` : path;
}

export function plainPlace(url) {
  const path = url.replace(/^file:\/\//, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a "%" that stands for itself
  }
}

export const byId = (id) => document.getElementById(id);
