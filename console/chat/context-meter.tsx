// How much of the model's context the next request takes. Amber from 80 %; a sentence if it no longer fits.

import { useEffect, useMemo } from 'preact/hooks'
import type { ListedModel } from '../api/models.ts'
import type { AttachmentList } from '../attachments/attachment-list.ts'
import { formatNumber, text } from '../languages/languages.ts'
import type { Chat } from '../state/chat.ts'
import { ContextUse } from '../state/context-use.ts'
import { model, models } from '../state/models.ts'
import { fieldsOf } from '../state/request-options.ts'

/** The share of the context from which the number is amber. */
const nearShare = 0.8

export interface ContextMeterProps {
	readonly chat: Pick<Chat, 'id' | 'isAnswering' | 'path' | 'options'>
	readonly attachments: AttachmentList
	readonly draft: string
	/** The models that answer, by their names, if not the chosen one. */
	readonly models?: readonly string[] | undefined
}

export function ContextMeter({ chat, attachments, draft, models: names }: ContextMeterProps) {
	const use = useMemo(() => new ContextUse(), [])
	const words = text.value
	const current = names === undefined ? model.value : smallestOf(names)
	const options = chat.options.value.value
	const last = chat.path.value.at(-1)
	const conversation = chat.id.value
	const answering = chat.isAnswering.value
	const items = attachments.items.value
	useEffect(() => {
		const nothing = draft.trim() === '' && attachments.isEmpty
		// The end of an answer in progress is not known yet.
		if (current === undefined || nothing || answering) {
			use.update(undefined)
			return
		}
		use.update({
			model: current.id,
			input: attachments.question(draft).input,
			conversation,
			parent: last?.last ?? 'none',
			options: fieldsOf(options),
		})
	}, [use, current, draft, items, conversation, last, options, answering])
	useEffect(() => () => use.cancel(), [use])
	const tokens = use.tokens.value
	if (tokens === undefined || current === undefined) return null
	const limit = current.max_context_length
	if (typeof limit !== 'number') return <span class="hint">{words.tokensUsed(formatNumber(tokens))}</span>
	const over = tokens > limit
	const near = tokens >= limit * nearShare
	return (
		<span class={`hint ${near ? 'near' : ''} ${over ? 'over' : ''}`} role={over ? 'alert' : undefined}>
			{over
				? words.contextExceeded(current.id, formatNumber(tokens), formatNumber(limit))
				: words.contextUsed(formatNumber(tokens), formatNumber(limit))}
		</span>
	)
}

/** Of several models, the one whose context is full first. */
function smallestOf(names: readonly string[]): ListedModel | undefined {
	const found = models.value?.filter(({ id }) => names.includes(id)) ?? []
	const limitOf = ({ max_context_length: limit }: ListedModel) => limit ?? Number.POSITIVE_INFINITY
	return found.toSorted((one, other) => limitOf(one) - limitOf(other))[0]
}
