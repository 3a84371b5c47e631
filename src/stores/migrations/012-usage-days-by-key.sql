-- Callers read the last day of each of their keys.
CREATE INDEX usage_days_by_key ON usage_days (tenant, owner, key, day);
