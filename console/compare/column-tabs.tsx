// The columns of a comparison as tabs, on windows too narrow for all of them.

import { useRef } from 'preact/hooks'
import { text } from '../languages/languages.ts'

export interface ColumnTabsProps {
	readonly names: readonly string[]
	readonly shown: number
	readonly onShow: (index: number) => void
}

export function ColumnTabs({ names, shown, onShow }: ColumnTabsProps) {
	const list = useRef<HTMLDivElement>(null)
	const move = (event: KeyboardEvent) => {
		const next = { ArrowRight: shown + 1, ArrowLeft: shown - 1, Home: 0, End: names.length - 1 }[event.key]
		const tab = next === undefined ? undefined : list.current?.children[next]
		if (next === undefined || !(tab instanceof HTMLElement)) return
		event.preventDefault()
		onShow(next)
		tab.focus()
	}
	return (
		<div
			ref={list}
			class={`column-tabs ${names.length > 2 ? 'many' : ''}`}
			role="tablist"
			aria-label={text.value.model}
			onKeyDown={move}
		>
			{names.map((name, index) => (
				<button
					key={index}
					type="button"
					role="tab"
					aria-selected={index === shown}
					tabIndex={index === shown ? 0 : -1}
					onClick={() => onShow(index)}
				>
					{name}
				</button>
			))}
		</div>
	)
}
