// Rewrites messages and usage from the form of version 0.1: an assistant message had its reasoning and its calls beside
// its content, and usage had the fields of the upstream in `extra`. The sizes of messages along their history change
// with it. It knows both forms of the JSON and nothing else of the model, which later versions change.

import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import type { Row, Sql } from '../sql/sql.ts'
import type { TableRewrite } from './table-rewrite.ts'

interface OldSignature {
	readonly wire: string
	readonly value: string
}

interface OldCall {
	readonly type: 'function' | 'custom'
	readonly id: string
	readonly name: string
	readonly arguments: string
	readonly proof?: OldSignature
	readonly cacheMark?: unknown
}

interface OldThought {
	readonly text: string
	readonly proof?: OldSignature
	readonly sealed?: true
}

interface OldAssistantMessage {
	readonly role: 'assistant'
	/** Texts and refusals. */
	readonly content: readonly object[]
	readonly reasoning?: string
	/** The same reasoning in blocks, if one of them has a signature. */
	readonly thoughts?: readonly OldThought[]
	/** Null if the upstream skipped an index. */
	readonly toolCalls: readonly (OldCall | null)[]
	readonly name?: string
}

/** The new JSON of a message in any form: reasoning first, then the content, then the calls. */
export function withOrderedParts(body: string): string {
	// Quotes in texts are escaped, so only a field matches.
	if (!body.includes('"toolCalls":[')) return body
	const message: unknown = parseJson(body)
	if (!isOldAssistant(message)) return body
	const { role, content, reasoning, thoughts, toolCalls, name } = message
	const blocks = thoughts ?? (reasoning === undefined || reasoning === '' ? [] : [{ text: reasoning }])
	return stringifyJson({
		role,
		content: [
			...blocks.map(reasoningPart),
			...content,
			...toolCalls.flatMap((call) => (call === null ? [] : [callPart(call)])),
		],
		name,
	})
}

function reasoningPart({ text, proof, sealed }: OldThought) {
	return { type: 'reasoning', text, signature: proof, encrypted: sealed }
}

function callPart({ type, id, name, arguments: given, proof, cacheMark }: OldCall) {
	return { type: 'tool-call', kind: type, id, name, arguments: given, signature: proof, cacheMark }
}

function isOldAssistant(message: unknown): message is OldAssistantMessage {
	return typeof message === 'object' && message !== null && 'toolCalls' in message && Array.isArray(message.toolCalls)
}

interface OldUsage {
	readonly extra?: Readonly<Record<string, unknown>>
	/** OpenAI's if absent. */
	readonly extraWire?: string
}

const wireOfExtra = 'openai'

/** The new JSON of usage in any form. */
export function withUsageRest(usage: string): string {
	if (!usage.includes('"extra":')) return usage
	const { extra, extraWire = wireOfExtra, ...counts } = parseJson(usage) as OldUsage
	if (extra === undefined) return usage
	const rest = Object.keys(extra).length === 0 ? undefined : { wire: extraWire, fields: extra }
	return stringifyJson({ ...counts, rest })
}

/** Messages are read in the order of their histories, since the size of a message includes those before it. */
const messages: TableRewrite = {
	table: 'messages',
	async rewriteBatch(sql, size, last) {
		const rows =
			last === undefined
				? await sql`SELECT * FROM messages ORDER BY conversation, branch, depth LIMIT ${size}`
				: await sql`
					SELECT * FROM messages
					WHERE (conversation, branch, depth) > (${last.conversation}, ${last.branch}, ${last.depth})
					ORDER BY conversation, branch, depth LIMIT ${size}`
		const sizes = new Map<string, number>()
		if (last !== undefined) sizes.set(keyOf(last.conversation, last.id), Number(last.path_bytes))
		const rewritten: Row[] = []
		for (const row of rows) {
			const body = withOrderedParts(String(row.body))
			const pathBytes = (await sizeBefore(sql, row, sizes)) + Buffer.byteLength(body)
			sizes.set(keyOf(row.conversation, row.id), pathBytes)
			rewritten.push({ ...row, body, path_bytes: pathBytes })
		}
		const changed = rewritten.filter(
			({ body, path_bytes: size }, index) => body !== rows[index]?.body || size !== Number(rows[index]?.path_bytes),
		)
		if (changed.length > 0)
			await sql`
				INSERT INTO messages ${sql(changed)}
				ON CONFLICT (conversation, id) DO UPDATE SET body = excluded.body, path_bytes = excluded.path_bytes`
		return rewritten
	},
}

/** The size of the messages before a message. Those of its batch are in `sizes`; the others are already rewritten. */
async function sizeBefore(
	sql: Sql,
	{ conversation, parent }: Row,
	sizes: ReadonlyMap<string, number>,
): Promise<number> {
	if (parent === null) return 0
	const known = sizes.get(keyOf(conversation, parent))
	if (known !== undefined) return known
	const [row] = await sql`SELECT path_bytes FROM messages WHERE conversation = ${conversation} AND id = ${parent}`
	return Number(row?.path_bytes ?? 0)
}

function keyOf(conversation: unknown, id: unknown): string {
	return `${conversation} ${id}`
}

const turns: TableRewrite = {
	table: 'turns',
	async rewriteBatch(sql, size, last) {
		const rows = await sql`SELECT * FROM turns WHERE id > ${last?.id ?? ''} ORDER BY id LIMIT ${size}`
		const rewritten = rows.map((row) => ({
			...row,
			usage: row.usage === null ? null : withUsageRest(String(row.usage)),
		}))
		const changed = rewritten.filter(({ usage }, index) => usage !== rows[index]?.usage)
		if (changed.length > 0)
			await sql`INSERT INTO turns ${sql(changed)} ON CONFLICT (id) DO UPDATE SET usage = excluded.usage`
		return rewritten
	},
}

export const orderedParts: readonly TableRewrite[] = [messages, turns]
