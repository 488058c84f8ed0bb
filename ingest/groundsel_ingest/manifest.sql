-- What each source was last seen to hold, how far each of its documents has come, and how its runs went.
DROP TABLE IF EXISTS source;
DROP TABLE IF EXISTS document;
DROP TABLE IF EXISTS run;

CREATE TABLE source (
  collection TEXT NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  access TEXT NOT NULL CHECK (access IN ('rules', 'given', 'open')), -- what said who may read it
  counter INTEGER NOT NULL DEFAULT 0, -- the last version given to a document of it
  run INTEGER NOT NULL DEFAULT 0, -- the fencing generation: whoever holds an older one may not write here
  cursor TEXT,
  PRIMARY KEY (collection, name)
) WITHOUT ROWID;

CREATE TABLE document (
  collection TEXT NOT NULL,
  source TEXT NOT NULL,
  native_id BLOB NOT NULL, -- a file's name need not be UTF-8
  doc_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('discovered', 'sent', 'acknowledged', 'rejected', 'deleted')),
  stamp TEXT NOT NULL DEFAULT '',
  content TEXT NOT NULL DEFAULT '', -- sha256 of the bytes
  access TEXT NOT NULL DEFAULT '', -- who may and may not read it
  fingerprint TEXT NOT NULL DEFAULT '', -- what made passages and vectors of it
  version INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '', -- of a rejection
  item TEXT NOT NULL DEFAULT '', -- of a rejected document: all that is needed to try it again
  run INTEGER NOT NULL, -- in which it was last listed
  PRIMARY KEY (collection, source, native_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX document_by_doc_id ON document (collection, source, doc_id);
CREATE INDEX document_by_state ON document (collection, source, state);

CREATE TABLE run (
  collection TEXT NOT NULL,
  source TEXT NOT NULL,
  run INTEGER NOT NULL,
  state TEXT NOT NULL,
  started_at TEXT NOT NULL, -- ISO 8601, UTC
  updated_at TEXT NOT NULL, -- when the sums were last noted
  ended_at TEXT, -- null while it runs, or when it was killed
  sums TEXT NOT NULL DEFAULT '{}', -- JSON: discovered, indexed, unchanged, ...
  error TEXT NOT NULL DEFAULT '', -- a sentence
  PRIMARY KEY (collection, source, run)
) WITHOUT ROWID;
