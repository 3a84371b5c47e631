CREATE TABLE ledger (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	key TEXT NOT NULL,
	model TEXT NOT NULL,
	upstream TEXT NOT NULL,
	operation TEXT NOT NULL,
	dialect TEXT NOT NULL,
	outcome TEXT NOT NULL,
	opened_at_ms BIGINT NOT NULL,
	settled_at_ms BIGINT NOT NULL,
	prompt_tokens BIGINT NOT NULL,
	cached_tokens BIGINT NOT NULL,
	completion_tokens BIGINT NOT NULL,
	reasoning_tokens BIGINT NOT NULL,
	source TEXT NOT NULL,
	cost_micros BIGINT NOT NULL,
	currency TEXT NOT NULL
);
CREATE INDEX ledger_by_time ON ledger (settled_at_ms);

CREATE TABLE usage_days (
	day TEXT NOT NULL,
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	key TEXT NOT NULL,
	model TEXT NOT NULL,
	operation TEXT NOT NULL,
	currency TEXT NOT NULL,
	requests BIGINT NOT NULL,
	prompt_tokens BIGINT NOT NULL,
	cached_tokens BIGINT NOT NULL,
	completion_tokens BIGINT NOT NULL,
	reasoning_tokens BIGINT NOT NULL,
	cost_micros BIGINT NOT NULL,
	PRIMARY KEY (day, tenant, owner, key, model, operation, currency)
);
