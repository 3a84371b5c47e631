CREATE TABLE conversations (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	end_user TEXT,
	title TEXT,
	search_title TEXT NOT NULL,
	metadata TEXT NOT NULL,
	listed INTEGER NOT NULL,
	head TEXT,
	created_at_ms BIGINT NOT NULL,
	updated_at_ms BIGINT NOT NULL
);
CREATE INDEX conversations_by_owner ON conversations (tenant, owner, created_at_ms, id);

-- A message that goes on from the last one of a branch stays in it, any other begins a new branch: so the way to a message is one range
-- of rows for each branch that it passes through.
CREATE TABLE branches (
	conversation TEXT NOT NULL,
	branch INTEGER NOT NULL,
	parent_branch INTEGER NOT NULL,
	parent_depth INTEGER NOT NULL,
	PRIMARY KEY (conversation, branch)
);

CREATE TABLE messages (
	conversation TEXT NOT NULL,
	id TEXT NOT NULL,
	parent TEXT,
	turn TEXT NOT NULL,
	branch INTEGER NOT NULL,
	depth INTEGER NOT NULL,
	path_bytes BIGINT NOT NULL,
	body TEXT NOT NULL,
	search_text TEXT NOT NULL,
	partial INTEGER NOT NULL,
	created_at_ms BIGINT NOT NULL,
	PRIMARY KEY (conversation, id)
);
-- Decides between two turns that go on from the same message at once.
CREATE UNIQUE INDEX messages_by_depth ON messages (conversation, branch, depth);

CREATE TABLE turns (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	conversation TEXT NOT NULL,
	began_conversation INTEGER NOT NULL,
	surface TEXT NOT NULL,
	stored INTEGER NOT NULL,
	state TEXT NOT NULL,
	process TEXT NOT NULL,
	parent TEXT,
	model TEXT NOT NULL,
	inputs INTEGER NOT NULL,
	answers TEXT NOT NULL,
	usage TEXT,
	error TEXT,
	metadata TEXT NOT NULL,
	echo TEXT NOT NULL,
	created_at_ms BIGINT NOT NULL,
	ended_at_ms BIGINT
);
CREATE INDEX turns_stored ON turns (tenant, owner, surface, id) WHERE stored = 1;
CREATE INDEX turns_by_conversation ON turns (conversation);
CREATE INDEX turns_running ON turns (process) WHERE state = 'running';

-- What turns repeat of their requests, as a list of tools: stands here once, however many turns have it. Where there is nothing to repeat
-- a turn's `echo` is empty.
CREATE TABLE texts (
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	hash TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (tenant, owner, hash)
);
CREATE INDEX turns_by_text ON turns (tenant, owner, echo) WHERE echo <> '';
