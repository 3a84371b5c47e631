-- Callers read their own entries, newest first.
CREATE INDEX ledger_by_owner ON ledger (tenant, owner, settled_at_ms);
