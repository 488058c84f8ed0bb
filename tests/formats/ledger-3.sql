BEGIN TRANSACTION;
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
INSERT INTO "document" VALUES('crash','scripted',X'676F6E652E6D64','crash/4e7c65caad209263a7f9','acknowledged','1','7c63b401ed736fcbee2069393241844ca0588a38c6a23d7f71d3c17863f181f1','[["groundsel:public"], []]','test:///; 5; 200; hash-embedder',3,'','',1);
INSERT INTO "document" VALUES('crash','scripted',X'6C656176652E6D64','crash/e44eb62ed632cb3866c8','acknowledged','1','3e17eed94e6e69d94f212c89d5cc52e32fd2103d98eb5f77df203ec0ab0eebc6','[["groundsel:public"], []]','test:///; 5; 200; hash-embedder',1,'','',1);
INSERT INTO "document" VALUES('crash','scripted',X'747261696E732E6D64','crash/f8f0c6b188ede92a7408','acknowledged','1','51fea85459e5c3ad85c56a2634cda848bf54a9074aa51b9a9cf9458dc853b197','[["groundsel:public"], []]','test:///; 5; 200; hash-embedder',2,'','',1);
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
INSERT INTO "run" VALUES('crash','scripted',1,'completed','2026-11-27T11:48:45.177236+00:00','2026-11-27T11:48:48.385217+00:00','2026-11-27T11:48:48.385227+00:00','{"discovered": 3, "indexed": 3, "unchanged": 0, "filtered": 0, "rejected": 0, "deleted": 0, "partial": 0}','');
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
INSERT INTO "source" VALUES('crash','scripted','test:///','given',3,1,'4');
CREATE UNIQUE INDEX document_by_doc_id ON document (collection, source, doc_id);
CREATE INDEX document_by_state ON document (collection, source, state);
COMMIT;
PRAGMA user_version = 3;
