// The search for conversations whose title or messages contain a text. It scans the conversations at the beginning of
// the page, and uses the index of the database for the rest: a common text fills the page in the scan, and a rare one is
// found by the index. Decisions/046 has the reasons.

import { ChatError } from '../../chat/error.ts'
import { textOf } from '../../chat/parts.ts'
import type { Conversation } from '../../conversations/conversation.ts'
import type { FoundConversation, TextMatch } from '../../conversations/conversation-index.ts'
import type { Page } from '../../conversations/page.ts'
import { sharePathOf } from '../../keys/scope.ts'
import type { BodyWriter } from './body-writer.ts'
import { type ConversationSelection, compareInOrder, inOrder, selected } from './conversation-list.ts'
import { readConversation, readMessagesInSteps, readTreeRow } from './conversation-rows.ts'
import { pageOf } from './page.ts'
import { excerptOf } from './search-excerpt.ts'
import { charactersOf, foldText } from './search-text.ts'
import type { Fragment, Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'
import { shortestIndexed, type TextCandidates } from './text-index.ts'

export interface ConversationSearch extends ConversationSelection {
	/** Folded. */
	readonly text: string
	readonly limit: number
}

/** How long a search may take, in milliseconds; shorter than the timeout of other operations. */
export const searchTimeoutMs = 4000

/** Conversations of the first scan, and the bounds of further ones. */
const [firstScanned, leastScanned, mostScanned] = [64, 1, 1024]
/** Further scans become smaller or larger to take about this long, in milliseconds. */
const scanMs = 100

/** @throws ChatError `unavailable` with the code `search_timeout`. */
export async function searchConversations(
	database: SqlDatabase,
	bodies: BodyWriter,
	search: ConversationSearch,
	timeoutMs = searchTimeoutMs,
): Promise<Page<FoundConversation>> {
	const untilMs = performance.now() + timeoutMs
	const late = Promise.withResolvers<never>()
	const timer = setTimeout(() => late.reject(searchTimeout()), timeoutMs)
	try {
		return await Promise.race([
			database
				.readsOf(sharePathOf(search.scope))
				.search(timeoutMs, (sql) => new PageSearch({ database, sql, bodies }, search, untilMs).run()),
			late.promise,
		])
	} catch (thrown) {
		if (performance.now() >= untilMs && database.explain(thrown) === 'unavailable') throw searchTimeout(thrown)
		throw thrown
	} finally {
		clearTimeout(timer)
	}
}

function searchTimeout(cause?: unknown): ChatError {
	return new ChatError(
		'unavailable',
		`The search did not end within ${searchTimeoutMs / 1000} seconds. Search for a longer text, or for the conversations of one 'user'.`,
		{ code: 'search_timeout', retryAfterMs: 5000, cause },
	)
}

interface SearchedDatabase {
	readonly database: SqlDatabase
	readonly sql: Sql
	/** Parses long messages. */
	readonly bodies: BodyWriter
}

class PageSearch {
	private readonly database: SqlDatabase
	private readonly sql: Sql
	private readonly bodies: BodyWriter
	private readonly search: ConversationSearch
	private readonly untilMs: number
	/** Those that the scan has found. */
	private readonly found: Conversation[] = []
	/** The last conversation that was scanned. */
	private after: ConversationSelection['after']

	constructor({ database, sql, bodies }: SearchedDatabase, search: ConversationSearch, untilMs: number) {
		this.database = database
		this.sql = sql
		this.bodies = bodies
		this.search = search
		this.untilMs = untilMs
		this.after = search.after
	}

	async run(): Promise<Page<FoundConversation>> {
		const { text, limit } = this.search
		// The caller no longer waits for a search that could not begin in time.
		this.expectTime()
		if (charactersOf(text) < shortestIndexed) return pageOf(await this.findTitles(limit + 1), limit)
		if (!(await this.scan(firstScanned))) {
			const candidates = await this.database.textIndex.candidates(this.sql, text)
			if (candidates === undefined) await this.scanRest()
			else await this.findIndexed(candidates)
		}
		const { items, more } = pageOf(this.found, limit)
		const found: FoundConversation[] = []
		for (const conversation of items) found.push({ ...conversation, match: await this.matchIn(conversation) })
		return { items: found, more }
	}

	/** Undefined if the title contains the text, or if there is no time left. */
	private async matchIn({ id, title }: Conversation): Promise<TextMatch | undefined> {
		const { text } = this.search
		if (foldText(title ?? '').includes(text) || performance.now() >= this.untilMs) return undefined
		const [row] = await this.sql`
			SELECT * FROM messages m WHERE conversation = ${id} AND ${this.contains('m.search_text')}
			ORDER BY depth, branch LIMIT 1`
		if (row === undefined) return undefined
		const found = readTreeRow(row)
		const [parsed] = await this.bodies.run(this.search.scope, readMessagesInSteps([found]))
		return parsed && { message: found.id, excerpt: excerptOf(textOf(parsed.message.content), text) }
	}

	private get missing(): number {
		return this.search.limit + 1 - this.found.length
	}

	private expectTime(): void {
		if (performance.now() >= this.untilMs) throw searchTimeout()
	}

	private async scanRest(): Promise<void> {
		for (let size = firstScanned; ; ) {
			this.expectTime()
			const startMs = performance.now()
			if (await this.scan(size)) return
			const fast = performance.now() - startMs < scanMs
			size = fast ? Math.min(mostScanned, size * 2) : Math.max(leastScanned, Math.floor(size / 4))
		}
	}

	/** Searches the next `size` conversations. @returns whether the page is complete. */
	private async scan(size: number): Promise<boolean> {
		const { sql, contains } = this
		const rows = await sql`
			SELECT c.*, CASE WHEN ${contains('c.search_title')} OR EXISTS (
				SELECT 1 FROM messages m WHERE m.conversation = c.id AND ${contains('m.search_text')}) THEN 1 ELSE 0 END AS found
			FROM (SELECT * FROM conversations WHERE ${this.rest()} ${this.inOrder()} LIMIT ${size}) c
			${this.inOrder()}`
		this.found.push(...rows.filter(({ found }) => Number(found) === 1).map(readConversation))
		const last = rows.at(-1)
		if (last !== undefined) this.after = readConversation(last)
		return rows.length < size || this.missing <= 0
	}

	private async findIndexed({ condition }: TextCandidates): Promise<void> {
		const { sql, contains } = this
		const { tenant, owner } = this.search.scope
		const titled = await this.findTitles(this.missing)
		this.expectTime()
		// Texts of other scopes are not read.
		const rows = await sql`
			SELECT * FROM conversations WHERE ${this.rest()} AND id IN (
				SELECT m.conversation FROM messages m WHERE ${condition} AND CASE WHEN EXISTS (
					SELECT 1 FROM conversations own
					WHERE own.id = m.conversation AND own.tenant = ${tenant} AND own.owner = ${owner}
				) THEN ${contains('m.search_text')} ELSE FALSE END)
			${this.inOrder()} LIMIT ${this.missing}`
		const all = new Map([...titled, ...Array.from(rows, readConversation)].map((found) => [found.id, found]))
		this.found.push(...[...all.values()].sort((one, other) => compareInOrder(one, other, this.search)))
	}

	private async findTitles(most: number): Promise<readonly Conversation[]> {
		const rows = await this.sql`
			SELECT * FROM conversations WHERE ${this.rest()} AND ${this.contains('search_title')}
			${this.inOrder()} LIMIT ${most}`
		return Array.from(rows, readConversation)
	}

	/** The condition for conversations that have not been scanned. */
	private rest(): Fragment {
		return selected(this.sql, this.database.textIndex.position, { ...this.search, after: this.after })
	}

	private inOrder(): Fragment {
		return inOrder(this.sql, this.search)
	}

	private readonly contains = (column: string): Fragment =>
		this.sql.part`${this.sql.raw(`${this.database.textIndex.position}(${column}, `)}${this.search.text}) > 0`
}
