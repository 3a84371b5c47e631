// The attachments above the text that a person writes: what each one costs, or why it was refused.

import { FileText, Image, LoaderCircle, TriangleAlert, X } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { readsPictures } from '../api/models.ts'
import { countInputTokens } from '../api/responses.ts'
import { text } from '../languages/all-sentences.ts'
import { formatMoney, formatNumber } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { Notice } from '../parts/notice.tsx'
import { chooseModel, model, models } from '../state/models.ts'
import type { Attachment, AttachmentContent } from './attachment.ts'
import type { AttachmentList } from './attachment-list.ts'

export interface AttachmentChipsProps {
	readonly list: AttachmentList
	/** The models that answer, by their names, if not the chosen one. */
	readonly models?: readonly string[] | undefined
}

export function AttachmentChips({ list, models: names }: AttachmentChipsProps) {
	const words = text.value
	const items = list.items.value
	return (
		<>
			<ul class="attachments" aria-label={words.attachments}>
				{items.map((attachment) => (
					<Chip
						key={attachment.id}
						attachment={attachment}
						onRetry={() => list.retry(attachment)}
						onRemove={() => list.remove(attachment.id)}
					/>
				))}
			</ul>
			{list.hasPictures && (names === undefined ? <ModelsForPictures /> : <ModelsWithoutPictures names={names} />)}
		</>
	)
}

interface ChipProps {
	readonly attachment: Attachment
	/** Reads the file again. */
	readonly onRetry: () => void
	readonly onRemove: () => void
}

function Chip({ attachment: { name, content }, onRetry, onRemove }: ChipProps) {
	const refused = content.type === 'refused'
	return (
		<li class={`attachment ${refused ? 'refused' : ''}`}>
			{content.type === 'picture' ? <img src={content.url} alt="" /> : <Icon node={iconOf(content)} />}
			<div>
				<b title={name}>{name}</b>
				<span role={refused ? 'alert' : undefined}>
					<Facts content={content} />
				</span>
			</div>
			{refused && content.reason === 'reader' && (
				<button type="button" class="button small" onClick={onRetry}>
					{text.value.tryAgain}
				</button>
			)}
			<IconButton small node={X} label={text.value.removeAttachment(name)} onClick={onRemove} />
		</li>
	)
}

function iconOf({ type }: AttachmentContent) {
	return { reading: LoaderCircle, text: FileText, picture: Image, refused: TriangleAlert }[type]
}

function Facts({ content }: { readonly content: AttachmentContent }) {
	const words = text.value
	switch (content.type) {
		case 'reading':
			return words.readingFile
		case 'text':
			return <TextFacts text={content.text} pages={content.pages} />
		case 'picture':
			return content.size === undefined
				? null
				: words.pictureSize(formatNumber(content.size.width), formatNumber(content.size.height))
		case 'refused':
			return words.refusals[content.reason]
	}
	content satisfies never
}

function TextFacts({ text: content, pages }: { readonly text: string; readonly pages?: number | undefined }) {
	const [tokens, setTokens] = useState<number>()
	const { id, costs } = model.value ?? {}
	const words = text.value
	useEffect(() => {
		if (id === undefined) return undefined
		const counting = new AbortController()
		// A count that fails leaves the fact out.
		countInputTokens({ model: id, input: [{ role: 'user', content }] }, counting.signal).then(
			setTokens,
			() => undefined,
		)
		return () => counting.abort()
	}, [id, content])
	const facts = [
		pages === undefined ? undefined : words.pages(pages, formatNumber(pages)),
		tokens === undefined ? undefined : words.tokens(tokens),
		tokens === undefined || costs === undefined
			? undefined
			: words.withEachMessage(formatMoney((tokens * costs.prompt_tokens) / 1_000_000, costs.currency)),
	]
	return <>{facts.filter((fact) => fact !== undefined).join(', ')}</>
}

/** Offers the models that read pictures, if the chosen one does not. */
function ModelsForPictures() {
	const words = text.value
	const current = model.value
	if (current?.type === undefined || readsPictures(current)) return null
	const others = models.value?.filter(readsPictures) ?? []
	return (
		<Notice
			kind="limit"
			actions={others.map(({ id }) => (
				<button key={id} type="button" class="button small" onClick={() => chooseModel(id)}>
					{id}
				</button>
			))}
		>
			{others.length === 0 ? words.noModelReadsPictures(current.id) : words.modelReadsNoPictures(current.id)}
		</Notice>
	)
}

/** Which of several models do not read pictures. */
function ModelsWithoutPictures({ names }: { readonly names: readonly string[] }) {
	const without = models.value?.filter(
		(listed) => names.includes(listed.id) && listed.type !== undefined && !readsPictures(listed),
	)
	if (without === undefined || without.length === 0) return null
	return <Notice kind="limit">{text.value.readNoPictures(without.map(({ id }) => id).join(', '))}</Notice>
}
