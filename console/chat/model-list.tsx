// The models to choose from, with search, in groups. Only the options in view exist, so that thousands stay fluid.

import { Search } from 'lucide'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { rowsInView, useListView } from '../parts/list-view.ts'
import { findModels, type ModelGroup } from '../state/find-models.ts'
import { loadModels, models } from '../state/models.ts'
import { recommended } from '../state/service.ts'
import { ModelOption } from './model-option.tsx'

export interface ModelListProps {
	readonly current: string | undefined
	readonly onChoose: (id: string) => void
}

/** Heights in pixels, as in the style sheet. */
const [labelHeight, optionHeight] = [28, 48]

export function ModelList({ current, onChoose }: ModelListProps) {
	const [query, setQuery] = useState('')
	const search = useRef<HTMLInputElement>(null)
	const list = useRef<HTMLDivElement>(null)
	const view = useListView(list, () => optionHeight)
	const words = text.value
	const [all, first] = [models.value, recommended.value]
	const groups = useMemo(() => placed(findModels(all ?? [], query, first)), [all, query, first])
	const count = groups.reduce((sum, { group }) => sum + group.models.length, 0)
	/** The option that gets the focus once it exists. */
	const wanted = useRef<number | undefined>(undefined)
	useLayoutEffect(() => {
		search.current?.focus()
		const shown = groups.flatMap(({ group }) => group.models).findIndex(({ id }) => id === current)
		if (list.current !== null) list.current.scrollTop = topOf(groups, shown) - list.current.clientHeight / 2
		// The state may have changed since the page was opened. Without an answer, the list stays as it is.
		void loadModels().catch(() => undefined)
	}, [])
	const focus = (position: number) => {
		const option = list.current?.querySelector<HTMLElement>(`[data-position="${position}"]`)
		wanted.current = option == null ? position : undefined
		if (option != null) option.focus()
		else if (list.current !== null) list.current.scrollTop = topOf(groups, position) - list.current.clientHeight / 2
	}
	useLayoutEffect(() => {
		if (wanted.current !== undefined) focus(wanted.current)
	})
	const move = (event: KeyboardEvent) => {
		const { position } = (document.activeElement as HTMLElement).dataset
		const at = wanted.current ?? (position === undefined ? -1 : Number(position))
		const next = nextPosition(event.key, at, count)
		if (next !== undefined) {
			event.preventDefault()
			// Above the first option is the search.
			if (next < 0) search.current?.focus()
			else focus(next)
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
					onInput={({ currentTarget: { value } }) => {
						setQuery(value)
						if (list.current !== null) list.current.scrollTop = 0
					}}
					onKeyDown={(event) => {
						const found = groups[0]?.group.models[0]
						if (event.key !== 'Enter' || found === undefined) return
						event.preventDefault()
						onChoose(found.id)
					}}
				/>
			</div>
			<div ref={list} role="menu" aria-label={words.model} onScroll={() => leaveRemoved(search.current)}>
				{count === 0 && <p class="muted menu-item">{words.noModelFound}</p>}
				{groups.map(({ group, label, options, start }) => {
					const { from, to } = rowsInView(view, options, group.models.length)
					return (
						// biome-ignore lint/a11y/useSemanticElements: a fieldset is for the controls of a form
						<div key={group.type} role="group" aria-label={words.modelGroups[group.type]}>
							{label && (
								<div class="model-group" aria-hidden="true">
									{words.modelGroups[group.type]}
								</div>
							)}
							<div
								style={{ paddingTop: `${from * optionHeight}px`, height: `${group.models.length * optionHeight}px` }}
							>
								{group.models.slice(from, to).map((model, index) => (
									<ModelOption
										key={model.id}
										model={model}
										isCurrent={model.id === current}
										position={start + from + index}
										count={count}
										onChoose={onChoose}
									/>
								))}
							</div>
						</div>
					)
				})}
			</div>
		</div>
	)
}

interface PlacedGroup {
	readonly group: ModelGroup
	/** Whether its label is shown: one group alone has none, unless it is of recommended models. */
	readonly label: boolean
	/** Distance of its first option from the start of the list, in pixels. */
	readonly options: number
	/** Position of its first option among all. */
	readonly start: number
}

function placed(groups: readonly ModelGroup[]): readonly PlacedGroup[] {
	const label = groups.some(({ type }) => type === 'recommended')
	let [start, top] = [0, 0]
	return groups.map((group) => {
		const options = top + (label ? labelHeight : 0)
		const one = { group, label, options, start }
		start += group.models.length
		top = options + group.models.length * optionHeight
		return one
	})
}

/** Distance of an option from the start of the list, in pixels. */
function topOf(groups: readonly PlacedGroup[], position: number): number {
	const group = groups.findLast(({ start }) => start <= position)
	return group === undefined ? 0 : group.options + (position - group.start) * optionHeight
}

/** -1 is the search. */
function nextPosition(key: string, at: number, count: number): number | undefined {
	const next = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[key]
	// In the search, these keys move the cursor.
	const end = at < 0 ? undefined : { Home: 0, End: count - 1 }[key]
	return end ?? (next === undefined ? undefined : Math.min(next, count - 1))
}

/** An option that has the focus and is scrolled far out of view will be removed: the focus goes to the search before. */
function leaveRemoved(search: HTMLElement | null): void {
	const option = document.activeElement
	if (option?.getAttribute('role') !== 'menuitemradio') return
	const { top } = option.getBoundingClientRect()
	if (top < -farPixels || top > innerHeight + farPixels) search?.focus({ preventScroll: true })
}

const farPixels = 4 * optionHeight
