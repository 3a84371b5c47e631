// One question, the answers of two to four models side by side, and which of them the person prefers.

import { Plus } from 'lucide'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { BarTitle } from '../chat/bar-title.tsx'
import { listenForKeys } from '../chat/chat-keys.ts'
import { type ComposedChat, Composer } from '../chat/composer.tsx'
import { PanelButtons } from '../chat/panel-buttons.tsx'
import { StatusLine } from '../chat/status-line.tsx'
import { text } from '../languages/all-sentences.ts'
import { formatNumber } from '../languages/languages.ts'
import { ChatPanel } from '../panels/chat-panel.tsx'
import { attempt } from '../parts/attempt.ts'
import { Icon, Mark } from '../parts/icon.tsx'
import { Notice } from '../parts/notice.tsx'
import { SidebarOpener } from '../sidebar/sidebar-opener.tsx'
import type { Chat } from '../state/chat.ts'
import { Comparison } from '../state/comparison.ts'
import { models } from '../state/models.ts'
import { readyCount } from '../state/ready-answers.ts'
import { pageTitle, serviceName } from '../state/service.ts'
import { settings } from '../state/settings.ts'
import { codeTurn } from '../state/side-panel.ts'
import { thisDevice } from '../state/storage.ts'
import { titleInList } from '../state/title.ts'
import { loadVotes, voteSums } from '../state/vote-sums.ts'
import { ColumnTabs } from './column-tabs.tsx'
import { ColumnView } from './column-view.tsx'
import { ComparedQuestion } from './compared-question.tsx'
import { LinkedScrolling } from './linked-scrolling.ts'

export function CompareScreen({ id }: { readonly id: string | undefined }) {
	// The first models of the list are the first columns.
	return models.value === undefined ? <main class="main" /> : <OpenComparison id={id} />
}

function OpenComparison({ id }: { readonly id: string | undefined }) {
	const comparison = useComparison(id)
	const words = text.value
	const [hidden, setHidden] = useState(() => thisDevice.read('hide-names') === 'true')
	const [linked, setLinked] = useState(true)
	const [shown, setShown] = useState(0)
	const view = useRef<HTMLDivElement>(null)
	const scrolling = useMemo(() => new LinkedScrolling(), [])
	scrolling.enabled = linked
	const columns = comparison.columns.value
	const { vote } = comparison
	const question = comparison.path.value[0]?.question
	const title = titleInList(comparison.id.value) ?? words.compareModels
	useComparisonKeys(comparison)
	useEffect(() => {
		document.title = readyCount.value + pageTitle(title)
	}, [title, readyCount.value, serviceName.value])
	useEffect(() => {
		const ending = new AbortController()
		// Without the sums, a comparison works all the same.
		loadVotes(ending.signal).catch(() => undefined)
		return () => ending.abort()
	}, [])
	const names = useRef(hidden)
	names.current = hidden
	const composed = useMemo<ComposedChat>(
		() => ({
			id: comparison.id,
			isAnswering: comparison.isAnswering,
			path: comparison.path,
			options: comparison.options,
			draft: comparison.draft,
			queues: false,
			get isLoaded() {
				return comparison.isLoaded
			},
			async ask(asked) {
				if (names.current && comparison.path.value.length === 0) comparison.shuffle()
				await comparison.ask(asked)
			},
			stop: () => comparison.stop(),
		}),
		[comparison],
	)
	const ofCode = columns.find(({ chat }) => chat.tree.value.find(codeTurn.value) !== undefined) ?? columns[0]
	const withStatus = columns.find(({ chat }) => isLost(chat)) ?? columns[0]
	const votes = [...new Set(columns.map((column) => column.model.value))]
		.map((name) => ({ name, preferred: voteSums.value.get(name)?.preferred ?? 0 }))
		.filter(({ preferred }) => preferred > 0)
		.sort((one, other) => other.preferred - one.preferred)
		.map(({ name, preferred }) => `${name} ${formatNumber(preferred)}`)
		.join(', ')
	// A vote reveals the names.
	const anonymous = hidden && vote === undefined
	return (
		<main class="main">
			<header class="top-bar compare-bar">
				<div>
					<SidebarOpener />
					<BarTitle title={title} conversation={comparison.id.value} />
				</div>
				<div />
				<div>
					<label class="check">
						<input
							type="checkbox"
							checked={hidden}
							onChange={() => {
								thisDevice.write('hide-names', hidden ? undefined : 'true')
								setHidden(!hidden)
							}}
						/>
						{words.hideNames}
					</label>
					<label class="check only-wide">
						<input type="checkbox" checked={linked} onChange={() => setLinked(!linked)} />
						{words.linkScrolling}
					</label>
					<button
						type="button"
						class="button"
						aria-label={words.addModel}
						disabled={!comparison.canAdd}
						onClick={() => comparison.addColumn()}
					>
						<Icon node={Plus} />
						<span class="button-text">{words.addModel}</span>
					</button>
					<PanelButtons conversation={comparison.id.value} />
				</div>
			</header>
			<div class="with-panel">
				<div class="main-column">
					{comparison.state.value === 'failed' ? (
						<div class="talk">
							<div class="greeting">
								<Notice kind="failure">{words.notFound}</Notice>
							</div>
						</div>
					) : (
						<>
							{question === undefined ? (
								<div class="compare-greeting">
									<Mark />
									<p>{models.value?.length === 1 ? words.compareNeedsModels : words.compareGreeting}</p>
								</div>
							) : (
								<ComparedQuestion question={question} />
							)}
							<ColumnTabs
								names={columns.map((column, index) => (anonymous ? letterOf(index) : column.model.value))}
								shown={shown}
								onShow={(index) => {
									setShown(index)
									view.current?.children[index]?.scrollIntoView({ inline: 'start', block: 'nearest' })
								}}
							/>
							<div
								ref={view}
								class={`columns ${columns.length > 2 ? 'many' : ''}`}
								onScroll={({ currentTarget }) => {
									const index = Math.round(currentTarget.scrollLeft / Math.max(1, currentTarget.clientWidth))
									if (currentTarget.scrollWidth > currentTarget.clientWidth) setShown(index)
								}}
							>
								{columns.map((column, index) => (
									<ColumnView
										key={column.number}
										comparison={comparison}
										column={column}
										position={index}
										hiddenName={anonymous ? letterOf(index) : undefined}
										scrolling={scrolling}
									/>
								))}
							</div>
						</>
					)}
					<div class="dock">
						{withStatus !== undefined && <StatusLine chat={withStatus.chat} />}
						{comparison.failure.value !== undefined && <Notice kind="failure">{words.compareFailed}</Notice>}
						<Composer
							chat={composed}
							placeholder={words.askAll(columns.length)}
							hint={votes === '' ? undefined : words.yourVotes(votes)}
							models={columns.map((column) => column.model.value)}
						/>
					</div>
				</div>
				{ofCode !== undefined && <ChatPanel chat={ofCode.chat} />}
			</div>
		</main>
	)
}

/** Whether the connection of an answer of the branch broke. */
const isLost = (chat: Chat): boolean => chat.path.value.some(({ answer }) => answer.state.value.type === 'detached')

const letterOf = (index: number): string => 'ABCD'[index] ?? ''

/** The comparison of the address. A new one gets its address without being opened anew. */
function useComparison(id: string | undefined): Comparison {
	const holder = useMemo<{ comparison?: Comparison }>(() => ({}), [])
	if (holder.comparison === undefined || holder.comparison.id.peek() !== id) {
		holder.comparison?.close()
		holder.comparison = new Comparison(id)
	}
	useEffect(() => () => holder.comparison?.close(), [holder])
	return holder.comparison
}

/** 1 to 4 prefer a column, 0 none of them, unless the person writes. */
function useComparisonKeys(comparison: Comparison): void {
	useEffect(() => listenForKeys(comparison), [comparison])
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const { target } = event
			if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
			if (!/^[0-4]$/.test(event.key) || !settings.value.singleKeys) return
			if (document.querySelector('dialog[open]') !== null) return
			if (target instanceof HTMLElement && target.closest('input, textarea, select, [popover]') !== null) return
			void attempt(comparison.castVote(event.key === '0' ? 'tie' : Number(event.key) - 1))
		}
		window.addEventListener('keydown', onKey)
		return () => window.removeEventListener('keydown', onKey)
	}, [comparison])
}
