// The rows of the sidebar in sections: pinned conversations, folders, then the days of the last turns. It does not render.

import type { ConversationSummary } from '../api/conversations.ts'

export interface Section {
	readonly label: string
	readonly rows: readonly SidebarRow[]
}

export type SidebarRow =
	| FolderRow
	| { readonly type: 'conversation'; readonly item: ConversationSummary; readonly depth: number }

export interface FolderRow {
	readonly type: 'folder'
	/** Its name, or its parent's and its own with a slash. */
	readonly path: string
	readonly name: string
	readonly depth: number
	/** Conversations in it and in the folders in it. */
	readonly count: number
	readonly isOpen: boolean
}

export interface SectionLabels {
	readonly pinned: string
	readonly folders: string
	readonly today: string
	readonly yesterday: string
	readonly lastSevenDays: string
	/** Of the time in milliseconds since 1970. */
	readonly month: (ms: number) => string
}

export interface SectionQuery {
	readonly nowMs: number
	readonly openFolders: ReadonlySet<string>
	readonly labels: SectionLabels
}

/** Levels of folders. Deeper parts of a path belong to the name of the second level. */
const levels = 2

/** @param items last answered first. */
export function sectionsOf(items: readonly ConversationSummary[], query: SectionQuery): readonly Section[] {
	const { labels, nowMs } = query
	const pinned: ConversationSummary[] = []
	const foldered = new Map<string, ConversationSummary[]>()
	const days = new Map<string, ConversationSummary[]>()
	const dayLabel = dayLabels(nowMs, labels)
	for (const item of items) {
		const folder = readFolder(item.metadata.folder)
		if (item.metadata.pinned !== undefined) pinned.push(item)
		else if (folder !== undefined) addTo(foldered, folder, item)
		else addTo(days, dayLabel(item.updated_at * 1000), item)
	}
	return [
		{ label: labels.pinned, rows: rowsOf(pinned) },
		{ label: labels.folders, rows: folderRows(foldered, query.openFolders) },
		...[...days].map(([label, members]) => ({ label, rows: rowsOf(members) })),
	].filter(({ rows }) => rows.length > 0)
}

/** A folder's path with at most two levels, without empty parts; undefined if nothing is left. */
export function readFolder(text: string | undefined): string | undefined {
	const parts = (text ?? '')
		.split('/')
		.map((part) => part.trim())
		.filter((part) => part !== '')
	const path = [...parts.slice(0, levels - 1), parts.slice(levels - 1).join(' ')].filter((part) => part !== '')
	return path.length === 0 ? undefined : path.join('/')
}

/** The folders of the conversations, with those that they are in, in the order of their names. */
export function foldersOf(items: readonly ConversationSummary[]): readonly string[] {
	const paths = items.flatMap(({ metadata }) => {
		const path = readFolder(metadata.folder)
		return path === undefined ? [] : [path.split('/')[0] ?? path, path]
	})
	return [...new Set(paths)].sort((one, other) => one.localeCompare(other))
}

/** Tags are separated by commas. */
export function readTags(text: string | undefined): readonly string[] {
	const tags = (text ?? '').split(',').map((tag) => tag.trim())
	return [...new Set(tags.filter((tag) => tag !== ''))]
}

function addTo(groups: Map<string, ConversationSummary[]>, key: string, item: ConversationSummary): void {
	const members = groups.get(key)
	if (members === undefined) groups.set(key, [item])
	else members.push(item)
}

function rowsOf(items: readonly ConversationSummary[], depth = 0): readonly SidebarRow[] {
	return items.map((item) => ({ type: 'conversation', item, depth }))
}

function folderRows(
	foldered: ReadonlyMap<string, readonly ConversationSummary[]>,
	open: ReadonlySet<string>,
): readonly SidebarRow[] {
	const paths = foldersOf([...foldered.values()].flat())
	return paths
		.filter((path) => !path.includes('/'))
		.flatMap((top) => {
			const inner = paths.filter((path) => path.startsWith(`${top}/`))
			const countOf = (path: string) => foldered.get(path)?.length ?? 0
			const count = [top, ...inner].reduce((sum, path) => sum + countOf(path), 0)
			const header: FolderRow = { type: 'folder', path: top, name: top, depth: 0, count, isOpen: open.has(top) }
			if (!header.isOpen) return [header]
			const innerRows = inner.flatMap((path): readonly SidebarRow[] => {
				const name = path.slice(top.length + 1)
				const isOpen = open.has(path)
				return [
					{ type: 'folder', path, name, depth: 1, count: countOf(path), isOpen },
					...(isOpen ? rowsOf(foldered.get(path) ?? [], 2) : []),
				]
			})
			return [header, ...innerRows, ...rowsOf(foldered.get(top) ?? [], 1)]
		})
}

function dayLabels(nowMs: number, labels: SectionLabels): (ms: number) => string {
	const now = new Date(nowMs)
	const midnight = (daysAgo: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime()
	const [today, yesterday, sevenDays] = [midnight(0), midnight(1), midnight(7)]
	return (ms) => {
		if (ms >= today) return labels.today
		if (ms >= yesterday) return labels.yesterday
		return ms >= sevenDays ? labels.lastSevenDays : labels.month(ms)
	}
}
