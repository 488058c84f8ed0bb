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

export const byId = (id) => document.getElementById(id);
