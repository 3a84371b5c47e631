ALTER TABLE keys ADD COLUMN expires_at_ms BIGINT;
