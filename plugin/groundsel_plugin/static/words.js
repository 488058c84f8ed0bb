/** All that the page says, in English and French. */

const WORDS = {
  en: {
    name: "English",
    lead: "Ask your documents.",
    hint: "Answers are quoted from the documents, with the place they stand at. Nothing leaves this machine.",
    keys: "Press / to write, ↑ and ↓ to move between results, Enter to open one, Esc to close it.",
    placeholder: "A question, or a few words",
    search: "Search",
    searching: "Searching …",
    theme: { light: "Dark", dark: "Light" },
    answer: "Answer",
    results: "Results",
    reading: "Reading …",
    extractive: "Quoted word for word",
    generated: "Written from the documents, every sentence checked",
    conflicting: "The documents contradict each other",
    dossier: "All about this, in the order of time",
    digest: "Summarise the best",
    summary: "Summary",
    summarise: "Summarise",
    summarise_thread: "Summarise with its thread",
    sections: { facts: "What is known", open: "What is open", contradictions: "What contradicts itself" },
    understood: "Understood as",
    as_typed: "Take it as typed",
    not_in_documents: "The documents do not say.",
    not_in_documents_more: "No sentence in them answers this. What comes nearest is below.",
    skipped: "No answer now: too many are being written. The results are below.",
    reasons: {
      deadline: "Writing took too long, so it is quoted",
      model_unavailable: "The language model gave no answer, so it is quoted",
      ungrounded: "What the model wrote is not in the documents, so they are quoted",
    },
    partial: "Shortened: what the documents do not support was left out",
    count: (value, exact) => `${exact ? "" : "At least "}${number(value)} ${value === 1 ? "document" : "documents"}`,
    nothing: "Nothing found.",
    nothing_more: "Try other words, or fewer of them.",
    nothing_filtered: "Take a filter off, or try other words.",
    warnings: { words_not_found: "No document holds any of these words. What is nearest in meaning:" },
    degraded: (stages) => `Incomplete: ${stages.map((stage) => WORDS.en.stages[stage] ?? stage).join(", ")} failed or took too long.`,
    stages: { dense: "search by meaning", lexical: "search by words", count: "counting", pages: "further pages", as_of: "dates", rerank: "ranking" },
    original: "Open the original",
    judge: { up: "Helpful", down: "Not helpful" },
    thanks: "Noted.",
    log: { on: "History: on", off: "History: off" },
    duplicates: (number) => `and ${number} more that ${number === 1 ? "says" : "say"} nearly the same`,
    plan: "What was read out of the question",
    parts: { phrase: "Phrase", exclusion: "Without", filter: "Only", correction: "Spelled", expansion: "Also" },
    undo: (text) => `Take ${text} as mere words`,
    did_you_mean: "Did you mean",
    filters: "Filters",
    fields: { media_type: "Type", updated_at: "Year", language: "Language", source: "Source" },
    all: { media_type: "All types", updated_at: "All years", language: "All languages", source: "All sources" },
    kinds: { md: "Markdown", txt: "Text", html: "Web page", pdf: "PDF", docx: "Word", pptx: "Slides", xlsx: "Sheet", csv: "CSV", eml: "Mail" },
    sort: "Order",
    sorts: { relevance: "Best first", newest: "Newest first", oldest: "Oldest first" },
    histogram: "Results by date",
    similar: "Similar",
    similar_to: (title) => `Documents like ${title}`,
    like: (title) => `Documents like “${title}”`,
    back: "Back to the results",
    nothing_like: "No other document that you may see speaks of the same.",
    more: "Show more",
    close: "Close",
    page: (number) => `page ${number}`,
    source: (number, title) => `Source ${number}: open ${title} at this sentence`,
    changed: "This document has changed since.",
    changed_more: "The quoted sentence is not in it any more. Search again for what it says now.",
    failed: "This did not work.",
    no_answer: "No answer.",
    cut_off: "The connection broke before its end.",
    again: "Try again",
    problems: {
      "": ["The service does not answer.", "Is it still running? Start it with: groundsel serve"],
      "store-unavailable": ["The index is not available.", "Try again in a few seconds; groundsel doctor says what is wrong."],
      "deadline-exceeded": ["The index took too long.", "Try again in a few seconds."],
      "rate-limited": ["Too many questions at once.", "Try again in a few seconds."],
      "not-found": ["There is no such document.", "It was removed, or you may not see it."],
      internal: ["The service broke over this.", "Its log says why, under the request's id."],
    },
  },
  fr: {
    name: "Français",
    lead: "Interrogez vos documents.",
    hint: "Les réponses sont citées des documents, avec l’endroit où elles se trouvent. Rien ne quitte cette machine.",
    keys: "/ pour écrire, ↑ et ↓ pour aller d’un résultat à l’autre, Entrée pour ouvrir, Échap pour fermer.",
    placeholder: "Une question, ou quelques mots",
    search: "Chercher",
    searching: "Recherche …",
    theme: { light: "Sombre", dark: "Clair" },
    answer: "Réponse",
    results: "Résultats",
    reading: "Lecture …",
    extractive: "Cité mot pour mot",
    generated: "Rédigé d’après les documents, chaque phrase vérifiée",
    conflicting: "Les documents se contredisent",
    dossier: "Tout à ce sujet, dans l’ordre du temps",
    digest: "Résumer les meilleurs",
    summary: "Résumé",
    summarise: "Résumer",
    summarise_thread: "Résumer avec son fil",
    sections: { facts: "Ce qui est connu", open: "Ce qui est en suspens", contradictions: "Ce qui se contredit" },
    understood: "Compris comme",
    as_typed: "Prendre tel quel",
    not_in_documents: "Les documents ne le disent pas.",
    not_in_documents_more: "Aucune de leurs phrases n’y répond. Le plus proche se trouve ci-dessous.",
    skipped: "Pas de réponse maintenant : trop de demandes. Les résultats sont ci-dessous.",
    reasons: {
      deadline: "La rédaction prenait trop de temps : c’est une citation",
      model_unavailable: "Le modèle n’a pas répondu : c’est une citation",
      ungrounded: "Ce que le modèle a écrit n’est pas dans les documents : ils sont cités",
    },
    partial: "Abrégé : ce que les documents ne soutiennent pas a été retiré",
    count: (value, exact) => `${exact ? "" : "Au moins "}${number(value)} ${value < 2 ? "document" : "documents"}`,
    nothing: "Rien n’a été trouvé.",
    nothing_more: "Essayez d’autres mots, ou moins de mots.",
    nothing_filtered: "Retirez un filtre, ou essayez d’autres mots.",
    warnings: { words_not_found: "Aucun document ne contient ces mots. Les plus proches par le sens :" },
    degraded: (stages) => `Incomplet : ${stages.map((stage) => WORDS.fr.stages[stage] ?? stage).join(", ")} en panne ou trop lent.`,
    stages: { dense: "recherche par le sens", lexical: "recherche par les mots", count: "comptage", pages: "pages suivantes", as_of: "dates", rerank: "classement" },
    original: "Ouvrir l’original",
    judge: { up: "Utile", down: "Pas utile" },
    thanks: "Noté.",
    log: { on: "Historique : oui", off: "Historique : non" },
    duplicates: (number) => `et ${number} ${number === 1 ? "autre qui dit" : "autres qui disent"} presque la même chose`,
    plan: "Ce qui a été lu dans la question",
    parts: { phrase: "Expression", exclusion: "Sans", filter: "Seulement", correction: "Orthographe", expansion: "Aussi" },
    undo: (text) => `Prendre ${text} comme de simples mots`,
    did_you_mean: "Vouliez-vous dire",
    filters: "Filtres",
    fields: { media_type: "Type", updated_at: "Année", language: "Langue", source: "Source" },
    all: { media_type: "Tous les types", updated_at: "Toutes les années", language: "Toutes les langues", source: "Toutes les sources" },
    kinds: { md: "Markdown", txt: "Texte", html: "Page web", pdf: "PDF", docx: "Word", pptx: "Diapositives", xlsx: "Tableur", csv: "CSV", eml: "Courriel" },
    sort: "Ordre",
    sorts: { relevance: "Les meilleurs d’abord", newest: "Les plus récents d’abord", oldest: "Les plus anciens d’abord" },
    histogram: "Résultats par date",
    similar: "Semblables",
    similar_to: (title) => `Documents semblables à ${title}`,
    like: (title) => `Documents semblables à « ${title} »`,
    back: "Retour aux résultats",
    nothing_like: "Aucun autre document que vous pouvez voir ne parle de la même chose.",
    more: "Afficher plus",
    close: "Fermer",
    page: (number) => `page ${number}`,
    source: (number, title) => `Source ${number} : ouvrir ${title} à cette phrase`,
    changed: "Ce document a changé depuis.",
    changed_more: "La phrase citée n’y est plus. Cherchez à nouveau ce qu’il dit maintenant.",
    failed: "Cela n’a pas fonctionné.",
    no_answer: "Pas de réponse.",
    cut_off: "La connexion s’est rompue avant la fin.",
    again: "Réessayer",
    problems: {
      "": ["Le service ne répond pas.", "Tourne-t-il encore ? Pour le démarrer : groundsel serve"],
      "store-unavailable": ["L’index n’est pas disponible.", "Réessayez dans quelques secondes ; groundsel doctor dit ce qui ne va pas."],
      "deadline-exceeded": ["L’index a mis trop de temps.", "Réessayez dans quelques secondes."],
      "rate-limited": ["Trop de questions à la fois.", "Réessayez dans quelques secondes."],
      "not-found": ["Ce document n’existe pas.", "Il a été retiré, ou vous ne pouvez pas le voir."],
      internal: ["Le service a échoué.", "Son journal dit pourquoi, sous l’identifiant de la demande."],
    },
  },
};

/** Reads what the reader chose; a browser that keeps nothing is no error. */
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // then it holds for this page only
  }
}

let language = kept("language") in WORDS ? kept("language") : navigator.language.startsWith("fr") ? "fr" : "en";

export const words = () => WORDS[language];
export const current = () => language;
export const other = () => (language === "en" ? "fr" : "en");
export const nameOf = (code) => WORDS[code].name;

export function speak(code) {
  language = code;
  keep("language", code);
}

/** The reader's own variety of the language, where they have one: dates differ. */
const locale = () => navigator.languages.find((tag) => tag.startsWith(language)) ?? language;

export const number = (value) => new Intl.NumberFormat(locale()).format(value);
export const day = (text) => new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(text));
export const monthOf = (text) => new Intl.DateTimeFormat(locale(), { year: "numeric", month: "long", timeZone: "UTC" }).format(new Date(`${text}-01`));
export const kindOf = (mediaType) => words().kinds[mediaType] ?? mediaType;

export function languageOf(code) {
  if (code === "und") return "—";
  return new Intl.DisplayNames([language], { type: "language" }).of(code);
}

/** Says what went wrong and what to do: in the reader's language where we know the kind, else as the service says it. */
export function failure(problem) {
  const known = words().problems[problem.kind];
  return known ? { title: known[0], detail: known[1] } : { title: problem.title || words().failed, detail: problem.message };
}
