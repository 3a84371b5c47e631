-- The processes that run turns. Each one updates its row periodically; times are those of the database's clock.
CREATE TABLE processes (
	id TEXT PRIMARY KEY,
	-- Incremented when a process registers again after others removed its row.
	generation INTEGER NOT NULL,
	host TEXT NOT NULL,
	started_at_ms BIGINT NOT NULL,
	beat_at_ms BIGINT NOT NULL,
	-- Other processes compare this count, not times.
	beats BIGINT NOT NULL
);
