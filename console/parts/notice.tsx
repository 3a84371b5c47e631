// What happened, what became of the person's text, and what they can do, in one box. The first sentence is in bold.

import { Check, Gauge, type IconNode, Info, TriangleAlert } from 'lucide'
import { type ComponentChildren, toChildArray } from 'preact'
import { text } from '../languages/languages.ts'
import { Icon } from './icon.tsx'

export type NoticeKind = 'plain' | 'done' | 'limit' | 'failure'

const icons = { plain: Info, done: Check, limit: Gauge, failure: TriangleAlert } as const

export interface NoticeProps {
	readonly kind: NoticeKind
	/** A text is divided into its sentences. */
	readonly children: ComponentChildren
	readonly actions?: ComponentChildren
	/** Instead of the icon of the kind. */
	readonly node?: IconNode | undefined
	/** No announcement: the notice is there from the start, or the element around it is announced. */
	readonly isSilent?: boolean
}

export function Notice({ kind, children, actions, node = icons[kind], isSilent = false }: NoticeProps) {
	const [first, ...rest] = toChildArray(children)
	const role = kind === 'plain' || kind === 'done' ? 'status' : 'alert'
	return (
		<div class={`notice ${kind}`} role={isSilent ? undefined : role}>
			<Icon node={node} />
			<div>
				<div>
					{typeof first === 'string' ? <Sentences of={first} /> : first}
					{rest}
				</div>
				{actions !== undefined && <div class="actions">{actions}</div>}
			</div>
		</div>
	)
}

/** The first sentence, and the others below it. */
export function Sentences({ of }: { readonly of: string }) {
	const length = firstSentenceOf(of).length
	return (
		<>
			<b>{of.slice(0, length).trimEnd()}</b> {of.slice(length)}
		</>
	)
}

function firstSentenceOf(paragraph: string): string {
	// Browsers take tens of milliseconds to make a segmenter, so a text that has one sentence only is not divided.
	if (!/[\p{Sentence_Terminal}\n].*[\p{Letter}\p{Number}]/su.test(paragraph)) return paragraph
	const [first] = new Intl.Segmenter(text.value.tag, { granularity: 'sentence' }).segment(paragraph)
	return first?.segment ?? ''
}
