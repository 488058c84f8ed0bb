-- The truth of an embedded store. Everything else in its folder can be rebuilt from here.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- A deleted document keeps its row for ever: its version fences late writes.
CREATE TABLE document (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  doc_id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  change INTEGER NOT NULL, -- rises with every write and delete of any document: the change log
  collection TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  uri TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL DEFAULT '',
  folded_title TEXT NOT NULL DEFAULT '',
  media_type TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  updated_at TEXT, -- ISO 8601 in UTC
  allowed TEXT NOT NULL DEFAULT '[]', -- JSON list of principals, sorted
  denied TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX document_change ON document (change);

-- Apart from `document`, so that reading the columns that filters need does not page through the texts.
CREATE TABLE body (
  document INTEGER PRIMARY KEY REFERENCES document (row),
  text TEXT NOT NULL,
  blocks TEXT NOT NULL, -- JSON: [kind, start, end, level, page]
  metadata TEXT NOT NULL -- JSON object
);

CREATE TABLE passage (
  document INTEGER NOT NULL REFERENCES document (row),
  ordinal INTEGER NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  page INTEGER,
  headings TEXT NOT NULL, -- JSON list
  PRIMARY KEY (document, ordinal)
) WITHOUT ROWID;

-- All vectors of a document in one blob of little-endian float16, in the order of its passages.
CREATE TABLE vectors (document INTEGER PRIMARY KEY REFERENCES document (row), float16 BLOB NOT NULL);

CREATE TABLE sync (collection TEXT NOT NULL, source TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (collection, source));
