// Saves a conversation as a file: Markdown of the branch that is shown, or JSON of everything.

import { type ConversationSummary, type ExportedConversation, exportConversation } from '../api/conversations.ts'
import { answeringModel } from '../chat/answering-model.ts'
import { joinedParts, joinedText } from '../chat/joined-parts.ts'
import { rowsOf } from '../chat/talk-rows.ts'
import { fileNameOf, saveFile } from '../parts/save-file.ts'
import { withoutDeleted } from '../state/branch-deletions.ts'
import { readTree } from '../state/read-tree.ts'
import { thisDevice } from '../state/storage.ts'
import { nameOf, type PageTurn } from '../state/turn-tree.ts'

export type ExportFormat = 'markdown' | 'json'

/** @throws ServerError | ConnectionLost */
export async function exportAs({ id, title }: ConversationSummary, format: ExportFormat): Promise<void> {
	const exported = await exportConversation(id)
	const name = fileNameOf(title ?? '', id)
	if (format === 'json') saveFile(`${name}.json`, new Blob([jsonOf(exported)], { type: 'application/json' }))
	else saveFile(`${name}.md`, new Blob([markdownOf(exported)], { type: 'text/markdown' }))
}

export const jsonOf = (exported: ExportedConversation): string => JSON.stringify(exported, undefined, '\t')

/** The end of the branch that is shown, or that was continued last. */
export function shownTurn(exported: ExportedConversation): PageTurn | undefined {
	const tree = treeOf(exported)
	const shown = tree.find(thisDevice.read(`leaf.${exported.conversation.id}`))
	return shown ?? tree.endingWith(exported.head) ?? tree.all.at(-1)
}

const treeOf = (exported: ExportedConversation) => withoutDeleted(readTree(exported), exported.conversation.id)

export function markdownOf(exported: ExportedConversation): string {
	const path = treeOf(exported).path(shownTurn(exported))
	const turns = rowsOf(path).map(({ first, last, turns }) =>
		[
			...(nameOf(first.question) === '' ? [] : [`**${nameOf(first.question)}**`]),
			`*${answeringModel(last)}*`,
			joinedText(joinedParts(turns)),
		].join('\n\n'),
	)
	return `# ${exported.conversation.title ?? exported.conversation.id}\n\n${turns.join('\n\n---\n\n')}\n`
}
