// SQLite's index over the texts of messages: FTS5 with trigrams. Triggers list each new message in `message_search`, and
// remove what is removed; the texts enter the index later, a slice at a time, so that a turn does not wait for it. A
// search reads the texts of messages that are not yet in the index. Decisions/046 has the reasons.

import type { Fragment, Sql } from '../sql/sql.ts'
import { shortestIndexed, type TextIndex } from '../sql/text-index.ts'

/** The prefix of the names of its tables, which a copy of the database does not contain: triggers fill them. */
export const textIndexPrefix = 'message_search'

/** Only the trigrams of a text are stored, without their positions and without the text itself. */
const schema = `
	CREATE TABLE message_search (
		id INTEGER PRIMARY KEY,
		conversation TEXT NOT NULL,
		message TEXT NOT NULL,
		indexed INTEGER NOT NULL,
		UNIQUE (conversation, message)
	);
	CREATE INDEX message_search_waiting ON message_search (id) WHERE indexed = 0;
	CREATE VIRTUAL TABLE message_search_trigrams USING fts5(
		text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1');

	INSERT INTO message_search (conversation, message, indexed)
	SELECT conversation, id, 0 FROM messages WHERE length(search_text) >= ${shortestIndexed} ORDER BY conversation, id;

	CREATE TRIGGER message_search_added AFTER INSERT ON messages WHEN length(new.search_text) >= ${shortestIndexed} BEGIN
		INSERT INTO message_search (conversation, message, indexed) VALUES (new.conversation, new.id, 0);
	END;
	CREATE TRIGGER message_search_removed AFTER DELETE ON messages BEGIN
		DELETE FROM message_search_trigrams WHERE rowid = (
			SELECT id FROM message_search WHERE conversation = old.conversation AND message = old.id AND indexed = 1);
		DELETE FROM message_search WHERE conversation = old.conversation AND message = old.id;
	END;
	CREATE TRIGGER message_search_changed AFTER UPDATE OF search_text ON messages WHEN new.search_text <> old.search_text BEGIN
		DELETE FROM message_search_trigrams WHERE rowid = (
			SELECT id FROM message_search WHERE conversation = old.conversation AND message = old.id AND indexed = 1);
		DELETE FROM message_search WHERE conversation = old.conversation AND message = old.id;
		INSERT INTO message_search (conversation, message, indexed)
		SELECT new.conversation, new.id, 0 WHERE length(new.search_text) >= ${shortestIndexed};
	END;`

/** To be called in a transaction. */
export async function createTextIndex(sql: Sql): Promise<void> {
	await sql.unsafe(schema)
}

/** Messages that may contain a text; if there are more, a scan of the scope's own messages is the faster search. */
const mostCandidates = 5000
/** Trigrams of a query that are compared, evenly distributed. All of them are compared with the text that is found. */
const mostTrigrams = 32
/** Texts of more characters are not in the index under their own trigrams: every search reads them. */
const longestIndexed = 1_000_000
/** The only trigram of such a text. */
const longText = '\u{10FFFD}'.repeat(shortestIndexed)

export const sqliteTextIndex: TextIndex = {
	position: 'instr',
	async candidates(sql, text) {
		const match = matchOf(text)
		const [row] = await sql`
			SELECT (
				SELECT COUNT(*) FROM (
					SELECT 1 FROM message_search_trigrams WHERE message_search_trigrams MATCH ${match} LIMIT ${mostCandidates + 1})
			) + (
				SELECT COUNT(*) FROM (SELECT 1 FROM message_search WHERE indexed = 0 LIMIT ${mostCandidates + 1})
			) AS candidates`
		return Number(row?.candidates) > mostCandidates ? undefined : { condition: isCandidate(sql, match) }
	},
}

/** By the rowid, for which SQLite looks messages up; for their key it would read all of them. */
function isCandidate(sql: Sql, match: string): Fragment {
	return sql.part`m.rowid IN (
		SELECT found.rowid FROM (
			SELECT conversation, message FROM message_search WHERE id IN (
				SELECT rowid FROM message_search_trigrams WHERE message_search_trigrams MATCH ${match})
			UNION ALL SELECT conversation, message FROM message_search WHERE indexed = 0
		) s CROSS JOIN messages found ON found.conversation = s.conversation AND found.id = s.message)`
}

/** An expression of FTS5: every trigram is a quoted string, so no character of the text is an operator. */
function matchOf(text: string): string {
	const characters = Array.from(text)
	const last = characters.length - shortestIndexed
	const step = Math.max(1, last / (mostTrigrams - 1))
	const trigrams = new Set<string>()
	for (let at = 0; at < last; at += step) trigrams.add(trigramAt(characters, Math.floor(at)))
	trigrams.add(trigramAt(characters, last))
	return `(${Array.from(trigrams, quote).join(' AND ')}) OR ${quote(longText)}`
}

function trigramAt(characters: readonly string[], at: number): string {
	return characters.slice(at, at + shortestIndexed).join('')
}

function quote(trigram: string): string {
	return `"${trigram.replaceAll('"', '""')}"`
}

/** Bounds of a slice of the index, which other writes wait for. */
export interface SliceSize {
	readonly messages: number
	/** Of their texts; a longer text is a slice of its own. */
	readonly bytes: number
}

/**
 * Adds the next messages to the index. To be called in a transaction.
 * @returns whether more messages wait.
 */
export async function indexSlice(sql: Sql, size: SliceSize): Promise<boolean> {
	const rows = await sql`
		SELECT s.id, octet_length(m.search_text) AS bytes FROM message_search s
		JOIN messages m ON m.conversation = s.conversation AND m.id = s.message
		WHERE s.indexed = 0 ORDER BY s.id LIMIT ${size.messages}`
	let bytes = 0
	let slice = 0
	while (slice < rows.length && (slice === 0 || bytes < size.bytes)) bytes += Number(rows[slice++]?.bytes)
	const [first, last] = [rows[0]?.id, rows[slice - 1]?.id]
	if (first === undefined) return false
	await sql`
		INSERT INTO message_search_trigrams (rowid, text)
		SELECT s.id, CASE WHEN length(m.search_text) > ${longestIndexed} THEN ${longText} ELSE m.search_text END
		FROM message_search s JOIN messages m ON m.conversation = s.conversation AND m.id = s.message
		WHERE s.indexed = 0 AND s.id BETWEEN ${first} AND ${last} ORDER BY s.id`
	await sql`UPDATE message_search SET indexed = 1 WHERE indexed = 0 AND id BETWEEN ${first} AND ${last}`
	return slice < rows.length || rows.length === size.messages
}

/** Pages that one step of a merge writes. */
const mergePages = 32

/**
 * A step of rewriting the index without the trigrams of removed messages, which otherwise remain in its pages until
 * enough messages are added. The first step begins the rewrite. To be called in a transaction.
 *
 * @returns whether more steps follow.
 */
export async function mergeStep(sql: Sql, first: boolean): Promise<boolean> {
	const [before] = await sql`SELECT total_changes() AS changes`
	await sql`
		INSERT INTO message_search_trigrams (message_search_trigrams, rank)
		VALUES ('merge', ${first ? -mergePages : mergePages})`
	const [after] = await sql`SELECT total_changes() AS changes`
	return Number(after?.changes) - Number(before?.changes) > 1
}
