// Saves a conversation as a file: Markdown of the branch that was continued last, or JSON of everything.

import { type ConversationSummary, type ExportedConversation, exportConversation } from '../api/conversations.ts'
import { readTree } from '../state/turn-tree.ts'

export type ExportFormat = 'markdown' | 'json'

/** @throws ServerError | ConnectionLost */
export async function exportAs({ id, title }: ConversationSummary, format: ExportFormat): Promise<void> {
	const exported = await exportConversation(id)
	const name = (title ?? id).replace(/[^\p{L}\p{N} _-]/gu, '').trim() || id
	if (format === 'json') saveFile(`${name}.json`, 'application/json', JSON.stringify(exported, undefined, '\t'))
	else saveFile(`${name}.md`, 'text/markdown', markdownOf(exported))
}

function markdownOf(exported: ExportedConversation): string {
	const tree = readTree(exported)
	const path = tree.path(tree.endingWith(exported.head) ?? tree.all.at(-1))
	const turns = path.map(({ question, answer, model }) => `**${question.text}**\n\n*${model}*\n\n${answer.text}`)
	return `# ${exported.conversation.title ?? exported.conversation.id}\n\n${turns.join('\n\n---\n\n')}\n`
}

/** Offers a text as a download. */
export function saveFile(name: string, type: string, content: string): void {
	const link = document.createElement('a')
	link.href = URL.createObjectURL(new Blob([content], { type }))
	link.download = name
	link.target = '_self'
	link.click()
	URL.revokeObjectURL(link.href)
}
