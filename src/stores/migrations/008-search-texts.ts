// Folds the texts that a search compares. Until version 0.1 they were in lower case, with the data of base64 URLs.

import { foldText } from '../sql/search-text.ts'
import type { Row, Sql } from '../sql/sql.ts'
import type { TableRewrite } from './table-rewrite.ts'

const conversations: TableRewrite = {
	table: 'conversations',
	async rewriteBatch(sql, size, last) {
		const rows = await sql`
			SELECT id, search_title FROM conversations WHERE id > ${last?.id ?? ''} ORDER BY id LIMIT ${size}`
		const folded = rows.map((row): Row => ({ ...row, search_title: foldText(String(row.search_title)) }))
		const changed = folded.filter(({ search_title: title }, index) => title !== rows[index]?.search_title)
		await Promise.all(
			changed.map(
				({ id, search_title: title }) => sql`UPDATE conversations SET search_title = ${title} WHERE id = ${id}`,
			),
		)
		return folded
	},
}

const messages: TableRewrite = {
	table: 'messages',
	async rewriteBatch(sql, size, last) {
		const rows = await messagesAfter(sql, last, size)
		const folded = rows.map((row): Row => ({ ...row, search_text: foldText(String(row.search_text)) }))
		const changed = folded.filter(({ search_text: text }, index) => text !== rows[index]?.search_text)
		await Promise.all(
			changed.map(
				({ conversation, id, search_text: text }) =>
					sql`UPDATE messages SET search_text = ${text} WHERE conversation = ${conversation} AND id = ${id}`,
			),
		)
		return folded
	},
}

function messagesAfter(sql: Sql, last: Row | undefined, size: number): Promise<readonly Row[]> {
	if (last === undefined)
		return sql`SELECT conversation, id, search_text FROM messages ORDER BY conversation, id LIMIT ${size}`
	return sql`
		SELECT conversation, id, search_text FROM messages WHERE (conversation, id) > (${last.conversation}, ${last.id})
		ORDER BY conversation, id LIMIT ${size}`
}

export const searchTexts: readonly TableRewrite[] = [conversations, messages]
