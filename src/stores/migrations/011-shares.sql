-- Lists in the order of the last turn.
CREATE INDEX conversations_by_update ON conversations (tenant, owner, updated_at_ms, id);

-- Branches that others of the tenant may read, up to the message `tip`.
CREATE TABLE shares (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	conversation TEXT NOT NULL,
	tip TEXT NOT NULL,
	files INTEGER NOT NULL,
	created_at_ms BIGINT NOT NULL,
	ends_at_ms BIGINT
);
CREATE INDEX shares_by_conversation ON shares (conversation);
