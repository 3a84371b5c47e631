ALTER TABLE keys ADD COLUMN parent TEXT;
ALTER TABLE keys ADD COLUMN configured_ancestor TEXT;
UPDATE keys SET owner = id WHERE owner IS NULL;
CREATE INDEX keys_by_parent ON keys (parent);
CREATE INDEX keys_by_owner ON keys (tenant, owner);
