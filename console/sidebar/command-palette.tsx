// Conversations and commands in one list that a text searches. The focus remains in the text field; the list is one of the
// combobox pattern.

import { Search } from 'lucide'
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { ServerError } from '../api/server.ts'
import { text } from '../languages/all-sentences.ts'
import { formatTime } from '../languages/languages.ts'
import { explain } from '../parts/attempt.ts'
import { Icon } from '../parts/icon.tsx'
import { useModal } from '../parts/modal.ts'
import { Notice } from '../parts/notice.tsx'
import { conversations } from '../state/conversation-list.ts'
import { ConversationSearch, mostCharacters } from '../state/conversation-search.ts'
import { navigate, route } from '../state/route.ts'
import { type Command, commandsOf, findCommands, splitAtMatch } from './commands.ts'
import { readTags } from './sections.ts'

interface Entry {
	readonly key: string
	readonly run: () => void
	readonly item?: ConversationSummary
	readonly command?: Command
}

/** Conversations that are listed before a text is written. */
const recent = 6

export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
	const [query, setQuery] = useState('')
	/** The key of the entry that the person has chosen, wherever it moves as others are found. */
	const [chosen, setChosen] = useState<string>()
	const search = useMemo(() => new ConversationSearch(), [])
	const modal = useModal(onClose)
	const active = useRef<HTMLDivElement>(null)
	const id = useId()
	const words = text.value
	useEffect(() => () => search.close(), [search])
	const found = conversationsFor(query, search)
	const entries: readonly Entry[] = [
		...found.map((item) => ({
			key: item.id,
			item,
			run: () => navigate({ name: 'conversation', id: item.id }),
		})),
		...findCommands(commandsOf(shownConversation()), query).map((command) => ({
			key: command.label,
			command,
			run: command.run,
		})),
	]
	const at = entries.findIndex(({ key }) => key === chosen)
	const index = at === -1 ? Math.min(0, entries.length - 1) : at
	useEffect(() => active.current?.scrollIntoView({ block: 'nearest' }), [chosen, index])
	const run = (entry: Entry | undefined) => {
		if (entry === undefined) return
		onClose()
		entry.run()
	}
	const option = (entry: Entry, position: number) => (
		// biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the focus and handles keys
		// biome-ignore lint/a11y/useFocusableInteractive: as above
		<div
			key={entry.key}
			ref={position === index ? active : null}
			id={`${id}-${position}`}
			role="option"
			aria-selected={position === index}
			class="palette-entry"
			onPointerMove={() => setChosen(entry.key)}
			onClick={() => run(entry)}
		>
			{entry.item !== undefined && <FoundConversation item={entry.item} query={query} />}
			{entry.command !== undefined && (
				<>
					<span class="space">{entry.command.label}</span>
					{entry.command.shortcut !== undefined && <span class="key">{entry.command.shortcut}</span>}
				</>
			)}
		</div>
	)
	const sentence = sentenceOf(query, search, entries.length)
	return (
		<dialog {...modal} class="palette" aria-label={words.searchAndCommands}>
			<div class="palette-field">
				<Icon node={Search} />
				<input
					role="combobox"
					aria-label={words.searchAndCommands}
					aria-expanded="true"
					aria-autocomplete="list"
					aria-controls={`${id}-list`}
					aria-activedescendant={index < 0 ? undefined : `${id}-${index}`}
					placeholder={words.searchAndCommands}
					value={query}
					onInput={({ currentTarget: { value } }) => {
						setQuery(value)
						setChosen(undefined)
						search.search(value)
					}}
					onKeyDown={(event) => {
						if (event.isComposing) return
						const next = nextPosition(event.key, index, entries.length)
						if (event.key === 'Enter') run(entries[index])
						else if (next !== undefined) setChosen(entries[next]?.key)
						else return
						event.preventDefault()
					}}
				/>
			</div>
			<div id={`${id}-list`} class="palette-list" role="listbox" aria-label={words.searchAndCommands}>
				{found.length > 0 && (
					// biome-ignore lint/a11y/useSemanticElements: a group of options in a list box
					<div role="group" aria-label={query === '' ? words.recent : words.conversations}>
						<div class="group-label" aria-hidden="true">
							{query === '' ? words.recent : words.conversations}
						</div>
						{entries.slice(0, found.length).map(option)}
					</div>
				)}
				{entries.length > found.length && (
					// biome-ignore lint/a11y/useSemanticElements: as above
					<div role="group" aria-label={words.commands}>
						<div class="group-label" aria-hidden="true">
							{words.commands}
						</div>
						{entries.slice(found.length).map((entry, position) => option(entry, found.length + position))}
					</div>
				)}
			</div>
			{search.state.value.type === 'failed' ? (
				<Notice kind="failure">{sentence}</Notice>
			) : (
				<p class="palette-sentence" role="status">
					{sentence}
				</p>
			)}
		</dialog>
	)
}

/** The title, and below it the time and where the text was found. */
function FoundConversation({ item, query }: { readonly item: ConversationSummary; readonly query: string }) {
	const { title, match, metadata, updated_at } = item
	const tags = readTags(metadata.tags)
	return (
		<span class="found">
			<Marked content={title ?? text.value.untitled} query={query} />
			<span class="found-context">
				{formatTime(updated_at * 1000, Date.now())}
				{tags.length > 0 && ` · ${tags.join(', ')}`}
				{match != null && (
					<>
						{' · '}
						<Marked content={match.excerpt} query={query} />
					</>
				)}
			</span>
		</span>
	)
}

function Marked({ content, query }: { readonly content: string; readonly query: string }) {
	const [before, found, after] = splitAtMatch(content, query)
	return (
		<span>
			{before}
			{found !== '' && <mark>{found}</mark>}
			{after}
		</span>
	)
}

function conversationsFor(query: string, search: ConversationSearch): readonly ConversationSummary[] {
	if (query.trim() === '') return conversations.value.items.slice(0, recent)
	const { value } = search.state
	return 'items' in value ? value.items : []
}

function shownConversation(): ConversationSummary | undefined {
	const shown = route.value
	return shown.name === 'conversation' || shown.name === 'compare'
		? conversations.value.items.find(({ id }) => id === shown.id)
		: undefined
}

function sentenceOf(query: string, { state: { value: state } }: ConversationSearch, count: number): string {
	const words = text.value
	const characters = [...query.trim()].length
	if (characters > mostCharacters) return words.searchTooLong(mostCharacters)
	if (state.type === 'failed')
		return state.failure instanceof ServerError && state.failure.code === 'search_timeout'
			? words.searchTimeout
			: explain(state.failure)
	if (state.type === 'searching' || characters === 0) return ''
	const found = count === 0 ? words.nothingFound : words.results(count)
	return characters < 3 ? `${found} ${words.titlesOnly}` : found
}

function nextPosition(key: string, index: number, count: number): number | undefined {
	if (count === 0) return undefined
	switch (key) {
		case 'ArrowDown':
			return (index + 1) % count
		case 'ArrowUp':
			return (index - 1 + count) % count
		case 'PageDown':
			return Math.min(count - 1, index + 8)
		case 'PageUp':
			return Math.max(0, index - 8)
		default:
			return undefined
	}
}
