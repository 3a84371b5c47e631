-- Lists in the order of the last turn.
CREATE INDEX conversations_by_update ON conversations (tenant, owner, updated_at_ms, id);
