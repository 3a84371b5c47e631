CREATE TABLE keys (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	prefix TEXT NOT NULL,
	hash TEXT NOT NULL UNIQUE,
	created_at_ms BIGINT NOT NULL,
	revoked_at_ms BIGINT
);
