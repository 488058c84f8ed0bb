/** All that the page says, in English and French. */

const WORDS = {
  en: {
    name: "English",
    lead: "Ask your documents.",
    hint: "Answers are quoted from the documents, with the place they stand at. Nothing leaves this machine.",
    placeholder: "A question, or a few words",
    search: "Search",
    searching: "Searching …",
    theme: { light: "Dark", dark: "Light" },
    answer: "Answer",
    reading: "Reading …",
    extractive: "Quoted word for word",
    generated: "Written from the documents, every sentence checked",
    conflicting: "The documents contradict each other; the newer one comes first",
    not_in_documents: "The documents do not tell.",
    not_in_documents_more: "No sentence in them answers this. What comes nearest is below.",
    skipped: "No answer now: too many are being written. The results are below.",
    reasons: {
      deadline: "Writing took too long, so it is quoted",
      model_unavailable: "The language model gave no answer, so it is quoted",
      ungrounded: "What the model wrote is not in the documents, so they are quoted",
    },
    partial: "Shortened: what the documents do not support was left out",
    count: (value, exact) => `${exact ? "" : "At least "}${value} ${value === 1 ? "document" : "documents"}`,
    nothing: "Nothing found.",
    nothing_more: "Try other words, fewer of them, or take a filter off.",
    degraded: (stages) => `Incomplete: ${stages.join(", ")} failed or took too long.`,
    more: "Show more",
    close: "Close",
    page: (number) => `Page ${number}`,
    source: (number) => `Source ${number}: open the document at this sentence`,
    open: "Open the document",
    failed: "This did not work.",
    again: "Try again",
    unreachable: "The service does not answer. Is it still running? Start it with: groundsel serve",
    all: "All types",
  },
  fr: {
    name: "Français",
    lead: "Interrogez vos documents.",
    hint: "Les réponses sont citées des documents, avec l’endroit où elles se trouvent. Rien ne quitte cette machine.",
    placeholder: "Une question, ou quelques mots",
    search: "Chercher",
    searching: "Recherche …",
    theme: { light: "Sombre", dark: "Clair" },
    answer: "Réponse",
    reading: "Lecture …",
    extractive: "Cité mot pour mot",
    generated: "Rédigé d’après les documents, chaque phrase vérifiée",
    conflicting: "Les documents se contredisent ; le plus récent vient en premier",
    not_in_documents: "Les documents ne le disent pas.",
    not_in_documents_more: "Aucune de leurs phrases n’y répond. Le plus proche se trouve ci-dessous.",
    skipped: "Pas de réponse maintenant : trop de demandes. Les résultats sont ci-dessous.",
    reasons: {
      deadline: "La rédaction prenait trop de temps : c’est une citation",
      model_unavailable: "Le modèle n’a pas répondu : c’est une citation",
      ungrounded: "Ce que le modèle a écrit n’est pas dans les documents : ils sont cités",
    },
    partial: "Abrégé : ce que les documents ne soutiennent pas a été retiré",
    count: (value, exact) => `${exact ? "" : "Au moins "}${value} ${value === 1 ? "document" : "documents"}`,
    nothing: "Rien n’a été trouvé.",
    nothing_more: "Essayez d’autres mots, moins de mots, ou retirez un filtre.",
    degraded: (stages) => `Incomplet : ${stages.join(", ")} en panne ou trop lent.`,
    more: "Afficher plus",
    close: "Fermer",
    page: (number) => `Page ${number}`,
    source: (number) => `Source ${number} : ouvrir le document à cette phrase`,
    open: "Ouvrir le document",
    failed: "Cela n’a pas fonctionné.",
    again: "Réessayer",
    unreachable: "Le service ne répond pas. Tourne-t-il encore ? Pour le démarrer : groundsel serve",
    all: "Tous les types",
  },
};

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("fr") ? "fr" : "en");

export const words = () => WORDS[language];
export const current = () => language;
export const other = () => (language === "en" ? "fr" : "en");
export const nameOf = (code) => WORDS[code].name;

export function speak(code) {
  language = code;
  localStorage.setItem("language", code);
}

export function day(text) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(text));
}
