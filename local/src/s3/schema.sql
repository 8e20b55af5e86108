-- A blob without a row is what a crash left behind; a row always has its blob.
CREATE TABLE objects (
    bucket        TEXT NOT NULL,
    key           TEXT NOT NULL,
    blob          TEXT NOT NULL,
    bytes         INTEGER NOT NULL,
    etag          TEXT NOT NULL,
    sha256        BLOB,             -- absent after multipart, as on AWS
    content_type  TEXT,
    cache_control TEXT,
    modified_at   INTEGER NOT NULL, -- milliseconds since 1970
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: a sequence is never used twice, not even after its event is gone.
CREATE TABLE events (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    bucket     TEXT NOT NULL,
    key        TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    etag       TEXT NOT NULL,
    at         INTEGER NOT NULL,            -- milliseconds since 1970
    receives   INTEGER NOT NULL DEFAULT 0,
    visible_at INTEGER NOT NULL DEFAULT 0,  -- milliseconds since 1970
    dead       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX events_due ON events (sequence) WHERE dead = 0;

CREATE TABLE multiparts (
    id            TEXT PRIMARY KEY,
    bucket        TEXT NOT NULL,
    key           TEXT NOT NULL,
    content_type  TEXT,
    cache_control TEXT,
    started_at    INTEGER NOT NULL -- milliseconds since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
    multipart   TEXT NOT NULL REFERENCES multiparts (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    blob        TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    md5         BLOB NOT NULL,
    received_at INTEGER NOT NULL, -- milliseconds since 1970
    PRIMARY KEY (multipart, number)
) STRICT, WITHOUT ROWID;
