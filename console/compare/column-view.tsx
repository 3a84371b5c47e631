// The answers of one model in a comparison, with its picker, Stop, and the vote.

import { Check, ChevronDown, Equal, Square, X } from 'lucide'
import { useEffect, useRef } from 'preact/hooks'
import { AnswerView } from '../chat/answer.tsx'
import { HealthDot } from '../chat/health-dot.tsx'
import { useHeldFocus } from '../chat/held-focus.ts'
import { ModelList } from '../chat/model-list.tsx'
import { QuestionView } from '../chat/question.tsx'
import { rowsOf, type TalkRow } from '../chat/talk-rows.ts'
import { openTurnMenu } from '../chat/turn-press.ts'
import { text } from '../languages/all-sentences.ts'
import { formatNumber } from '../languages/languages.ts'
import { attempt } from '../parts/attempt.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { useLongPress } from '../parts/long-press.ts'
import { Popover } from '../parts/popover.tsx'
import type { Chat } from '../state/chat.ts'
import { type CompareColumn, type Comparison, columnCounts } from '../state/comparison.ts'
import { models } from '../state/models.ts'
import { voteSums } from '../state/vote-sums.ts'
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
	const longPress = useLongPress(openTurnMenu, 'touch')
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
				{...longPress}
			>
				{rowsOf(path).map((row, index) => (
					<Row key={row.key} chat={chat} row={row} number={index + 1} name={hiddenName} />
				))}
			</div>
			{path.length > 0 && <Vote comparison={comparison} column={column} position={position} hiddenName={hiddenName} />}
		</section>
	)
}

interface RowProps {
	readonly chat: Chat
	readonly row: TalkRow
	/** From 1; the first question is above all columns. */
	readonly number: number
	/** Shown instead of the model's name. */
	readonly name: string | undefined
}

function Row({ chat, row: { key, first, turns }, number, name }: RowProps) {
	const view = useRef<HTMLDivElement>(null)
	useHeldFocus(view)
	return (
		<div ref={view} data-row={key}>
			{number > 1 && <QuestionView chat={chat} turn={first} number={number} />}
			<AnswerView chat={chat} turns={turns} number={number} name={name} />
		</div>
	)
}

function Vote({ comparison, column, position, hiddenName }: Omit<ColumnViewProps, 'scrolling'>) {
	const words = text.value
	const { vote } = comparison
	const preferred = vote === position
	const sum = hiddenName !== undefined ? undefined : voteSums.value.get(column.model.value)
	return (
		<footer>
			<span class={`muted ${vote === 'tie' ? '' : 'vote-sum'}`}>
				{vote === 'tie'
					? words.tie
					: sum !== undefined && words.preferredOf(formatNumber(sum.preferred), formatNumber(sum.compared))}
			</span>
			<span class="space" />
			<button
				type="button"
				class="button small ghost"
				disabled={column.chat.isAnswering.value}
				onClick={() => void attempt(comparison.continueAlone(column))}
			>
				{words.goOnWithThis}
			</button>
			<IconButton
				small
				node={Equal}
				label={words.voteTie}
				shortcut="0"
				aria-pressed={vote === 'tie'}
				disabled={!comparison.canVote.value}
				onClick={() => void attempt(comparison.castVote('tie'))}
			/>
			<button
				type="button"
				class={`button small ${preferred ? 'chosen' : ''}`}
				aria-pressed={preferred}
				aria-keyshortcuts={String(position + 1)}
				disabled={!comparison.canVote.value}
				onClick={() => void attempt(comparison.castVote(position))}
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
					<HealthDot model={models.value?.find(({ id }) => id === current)} />
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
