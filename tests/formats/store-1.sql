BEGIN TRANSACTION;
CREATE TABLE body (
  document INTEGER PRIMARY KEY REFERENCES document (row),
  text TEXT NOT NULL,
  blocks TEXT NOT NULL, -- JSON: [kind, start, end, level, page]
  metadata TEXT NOT NULL -- JSON object
);
INSERT INTO "body" VALUES(1,'Leave

Annual leave is 25 days.','[["heading", 0, 5, 1, null], ["paragraph", 7, 31, 0, null]]','{}');
INSERT INTO "body" VALUES(2,'Gone

This was here once.','[["heading", 0, 4, 1, null], ["paragraph", 6, 25, 0, null]]','{}');
INSERT INTO "body" VALUES(3,'Trains

Trains are booked early.','[["heading", 0, 6, 1, null], ["paragraph", 8, 32, 0, null]]','{}');
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
INSERT INTO "document" VALUES(1,'crash/e44eb62ed632cb3866c8',1,0,1,'crash','scripted','test:///leave.md','Leave','leave','md','en',NULL,'["groundsel:public"]','[]');
INSERT INTO "document" VALUES(2,'crash/4e7c65caad209263a7f9',3,0,2,'crash','scripted','test:///gone.md','Gone','gone','md','en',NULL,'["groundsel:public"]','[]');
INSERT INTO "document" VALUES(3,'crash/f8f0c6b188ede92a7408',2,0,3,'crash','scripted','test:///trains.md','Trains','trains','md','en',NULL,'["groundsel:public"]','[]');
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('dimensions','32');
INSERT INTO "meta" VALUES('embedding_model','hash-embedder');
INSERT INTO "meta" VALUES('schema','1');
CREATE TABLE passage (
  document INTEGER NOT NULL REFERENCES document (row),
  ordinal INTEGER NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  page INTEGER,
  headings TEXT NOT NULL, -- JSON list
  PRIMARY KEY (document, ordinal)
) WITHOUT ROWID;
INSERT INTO "passage" VALUES(1,0,0,31,NULL,'["Leave"]');
INSERT INTO "passage" VALUES(2,0,0,25,NULL,'["Gone"]');
INSERT INTO "passage" VALUES(3,0,0,32,NULL,'["Trains"]');
CREATE TABLE sync (collection TEXT NOT NULL, source TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (collection, source));
INSERT INTO "sync" VALUES('crash','scripted','2026-11-27T11:48:48.380946+00:00');
CREATE TABLE vectors (document INTEGER PRIMARY KEY REFERENCES document (row), float16 BLOB NOT NULL);
INSERT INTO "vectors" VALUES(1,X'70340500050005000500050005000500050005000500050005000500050070340500050005000500050005007034A83A05000500703405000500050005000500');
INSERT INTO "vectors" VALUES(2,X'05000500050005000500050005000500050005000F35050005000500050005000500050005000500050005000F390F3505000500050005000F39050005000500');
INSERT INTO "vectors" VALUES(3,X'0400040004008B3304000400040004008B3B8B330400040004000400040004000400040004000400040004000400040004000400040004000400040004000400');
CREATE INDEX document_change ON document (change);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('document',3);
COMMIT;
