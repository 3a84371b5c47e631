// The answers of one model in a comparison, with its picker, Stop, and the vote.

import { Check, ChevronDown, Square, X } from 'lucide'
import { useEffect, useRef } from 'preact/hooks'
import { AnswerView } from '../chat/answer.tsx'
import { ModelList } from '../chat/model-list.tsx'
import { QuestionView } from '../chat/question.tsx'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { Popover } from '../parts/popover.tsx'
import { type CompareColumn, type Comparison, columnCounts } from '../state/comparison.ts'
import type { LinkedScrolling } from './linked-scrolling.ts'

export interface ColumnViewProps {
	readonly comparison: Comparison
	readonly column: CompareColumn
	readonly position: number
	/** Shown instead of the model's name. */
	readonly hiddenName: string | undefined
	readonly scrolling: LinkedScrolling
}

export function ColumnView({ comparison, column, position, hiddenName, scrolling }: ColumnViewProps) {
	const view = useRef<HTMLDivElement>(null)
	const words = text.value
	const { chat } = column
	const path = chat.path.value
	const name = hiddenName ?? column.model.value
	const canRemove = path.length === 0 && comparison.columns.value.length > columnCounts.least
	useEffect(() => (view.current === null ? undefined : scrolling.add(view.current)), [scrolling])
	return (
		<section class="column" aria-label={words.columnLabel(name)}>
			<header>
				{hiddenName === undefined ? <ColumnPicker comparison={comparison} column={column} /> : <b>{hiddenName}</b>}
				<span class="space" />
				{chat.isAnswering.value && (
					<IconButton small node={Square} label={words.stop} onClick={() => void chat.stop()} />
				)}
				{canRemove && (
					<IconButton small node={X} label={words.removeModel} onClick={() => comparison.removeColumn(column)} />
				)}
			</header>
			<div
				ref={view}
				class="column-text"
				role="log"
				aria-live="off"
				aria-label={words.columnLabel(name)}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
				tabIndex={0}
				onScroll={({ currentTarget }) => scrolling.follow(currentTarget)}
			>
				{path.map((turn, index) => (
					<div key={turn.clientId ?? turn.id}>
						{index > 0 && <QuestionView chat={chat} turn={turn} number={index + 1} />}
						<AnswerView
							chat={chat}
							turn={hiddenName === undefined ? turn : { ...turn, model: hiddenName }}
							number={index + 1}
						/>
					</div>
				))}
			</div>
			{path.length > 0 && <Vote comparison={comparison} column={column} position={position} />}
		</section>
	)
}

function Vote({ comparison, column, position }: Pick<ColumnViewProps, 'comparison' | 'column' | 'position'>) {
	const words = text.value
	const { vote } = comparison
	const preferred = vote === position
	return (
		<footer>
			{vote === 'tie' && <span class="muted">{words.tie}</span>}
			<span class="space" />
			<button
				type="button"
				class="button small ghost"
				disabled={column.chat.isAnswering.value}
				onClick={() => void comparison.continueAlone(column)}
			>
				{words.goOnWithThis}
			</button>
			<button
				type="button"
				class={`button small ${preferred ? 'chosen' : ''}`}
				aria-pressed={preferred}
				aria-keyshortcuts={String(position + 1)}
				disabled={!comparison.canVote.value}
				onClick={() => comparison.castVote(position)}
			>
				{preferred && <Icon node={Check} />}
				{preferred ? words.preferred : words.preferThis}
			</button>
		</footer>
	)
}

function ColumnPicker({ comparison, column }: Pick<ColumnViewProps, 'comparison' | 'column'>) {
	const words = text.value
	const current = column.model.value
	return (
		<Popover
			label={words.chooseModel}
			role="dialog"
			button={(attributes) => (
				<button type="button" class="model-button" {...attributes} title={current}>
					<span class="dot" />
					<span>{current}</span>
					<Icon node={ChevronDown} />
				</button>
			)}
		>
			{(close) => (
				<ModelList
					current={current}
					onChoose={(id) => {
						comparison.chooseModel(column, id)
						close()
					}}
				/>
			)}
		</Popover>
	)
}
