// The models to choose from, with search: their state, context, price, and what they can read. Those that are unavailable are
// at the end, with the reason.

import { Check, Image, Search } from 'lucide'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ListedModel } from '../api/models.ts'
import { formatMoney, formatNumber, text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { findModels } from '../state/find-models.ts'
import { loadModels, models } from '../state/models.ts'
import { HealthDot } from './health-dot.tsx'

export interface ModelListProps {
	readonly current: string | undefined
	readonly onChoose: (id: string) => void
}

export function ModelList({ current, onChoose }: ModelListProps) {
	const [query, setQuery] = useState('')
	const search = useRef<HTMLInputElement>(null)
	const list = useRef<HTMLDivElement>(null)
	const words = text.value
	useLayoutEffect(() => {
		search.current?.focus()
		list.current?.querySelector('[aria-checked=true]')?.scrollIntoView({ block: 'nearest' })
		// The state may have changed since the page was opened. Without an answer, the list stays as it is.
		void loadModels().catch(() => undefined)
	}, [])
	const found = findModels(models.value ?? [], query)
	const move = (event: KeyboardEvent) => {
		const options = [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitemradio]') ?? [])]
		const at = options.indexOf(document.activeElement as HTMLElement)
		const next = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key]
		if (next !== undefined) {
			event.preventDefault()
			// Above the first option is the search.
			const target = next < 0 ? search.current : options[Math.min(next, options.length - 1)]
			target?.focus()
		} else if (at >= 0 && event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
			// What is typed goes to the search.
			search.current?.focus()
		}
	}
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the elements within
		<div class="model-list" onKeyDown={move}>
			<div class="model-search">
				<Icon node={Search} />
				<input
					ref={search}
					autofocus
					type="text"
					aria-label={words.findModel}
					placeholder={words.findModel}
					autocomplete="off"
					spellcheck={false}
					value={query}
					onInput={({ currentTarget: { value } }) => setQuery(value)}
					onKeyDown={(event) => {
						const [first] = found
						if (event.key !== 'Enter' || first === undefined) return
						event.preventDefault()
						onChoose(first.id)
					}}
				/>
			</div>
			<div ref={list} role="menu" aria-label={words.model}>
				{found.length === 0 && <p class="muted menu-item">{words.noModelFound}</p>}
				{found.map((model) => (
					<ModelOption key={model.id} model={model} isCurrent={model.id === current} onChoose={onChoose} />
				))}
			</div>
		</div>
	)
}

interface ModelOptionProps {
	readonly model: ListedModel
	readonly isCurrent: boolean
	readonly onChoose: (id: string) => void
}

function ModelOption({ model, isCurrent, onChoose }: ModelOptionProps) {
	const words = text.value
	const { id, type, health = '', costs } = model
	return (
		<button
			type="button"
			class={`model-option ${health}`}
			role="menuitemradio"
			aria-checked={isCurrent}
			onClick={() => onChoose(id)}
		>
			<HealthDot model={model} />
			<span>
				<b>{id}</b>
				<span class="muted">{clauseOf(model)}</span>
			</span>
			<span class="icons">
				{type === 'image-text-to-text' && (
					<span role="img" aria-label={words.readsPictures} title={words.readsPictures}>
						<Icon node={Image} />
					</span>
				)}
				{costs !== undefined && (
					<span class="muted">
						{words.pricePerMillion(
							formatMoney(costs.prompt_tokens, costs.currency),
							formatMoney(costs.completion_tokens, costs.currency),
						)}
					</span>
				)}
			</span>
			{isCurrent && <Icon node={Check} />}
		</button>
	)
}

/** The reason if it is unavailable, or else its context. */
function clauseOf({ health, note, max_context_length }: ListedModel): string | undefined {
	const words = text.value
	if (note !== undefined) return note
	if (health === 'none') return words.modelUnavailable
	if (health === 'limited') return words.modelLimited
	return typeof max_context_length === 'number' ? words.context(formatNumber(max_context_length)) : undefined
}
