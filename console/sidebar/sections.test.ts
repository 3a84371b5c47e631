import { expect, test } from 'bun:test'
import type { ConversationSummary } from '../api/conversations.ts'
import { foldersOf, readFolder, readTags, type SidebarRow, sectionsOf } from './sections.ts'

const labels = {
	...{ pinned: 'P', folders: 'F', today: 'T', yesterday: 'Y', lastSevenDays: '7' },
	month: (ms: number) => new Date(ms).toISOString().slice(0, 7),
}
const now = new Date(2026, 10, 28, 0, 30)

let count = 0
const made = (at: Date, metadata: ConversationSummary['metadata'] = {}): ConversationSummary => ({
	...{ id: `c${++count}`, title: null, created_at: 0, metadata },
	updated_at: at.getTime() / 1000,
})
const shown = (row: SidebarRow): string =>
	row.type === 'folder' ? `${'-'.repeat(row.depth)}${row.name} ${row.count}` : `${'-'.repeat(row.depth)}${row.item.id}`
const sections = (items: readonly ConversationSummary[], open: readonly string[] = []) =>
	sectionsOf(items, { nowMs: now.getTime(), openFolders: new Set(open), labels }).map(({ label, rows }) => [
		label,
		...rows.map(shown),
	])

test('days are those of the calendar', () => {
	const [today, late, early, week, older, oldest] = [
		new Date(2026, 10, 28, 0, 1),
		new Date(2026, 10, 27, 23, 59),
		new Date(2026, 10, 27, 0, 0),
		new Date(2026, 10, 21, 12),
		new Date(2026, 10, 20, 12),
		new Date(2025, 2, 15),
	].map((at) => made(at))
	const all = [today, late, early, week, older, oldest].flatMap((item) => item ?? [])
	const ids = all.map(({ id }) => id)
	expect(sections(all) as unknown).toEqual([
		['T', ids[0]],
		['Y', ids[1], ids[2]],
		['7', ids[3]],
		['2026-11', ids[4]],
		['2025-03', ids[5]],
	])
})

test('folders have two levels, pins come first', () => {
	const [pinned, top, inner, deep, other] = [
		made(now, { pinned: 'true', folder: 'Work' }),
		made(now, { folder: 'Work' }),
		made(now, { folder: ' Work / Reports ' }),
		made(now, { folder: 'Work/Reports/2026' }),
		made(now, { folder: '/ /' }),
	] as const
	const all = [pinned, top, inner, deep, other]
	expect(sections(all)).toEqual([
		['P', pinned.id],
		['F', 'Work 3'],
		['T', other.id],
	])
	expect(sections(all, ['Work', 'Work/Reports'])[1]).toEqual([
		...['F', 'Work 3', '-Reports 1', `--${inner.id}`, '-Reports 2026 1', `-${top.id}`],
	])
	expect(foldersOf([inner])).toEqual(['Work', 'Work/Reports'])
	expect([readFolder(undefined), readFolder('a//b'), readFolder('a/b/c')]).toEqual([undefined, 'a/b', 'a/b c'])
	expect([readTags(undefined), readTags(' a,b ,,a')]).toEqual([[], ['a', 'b']])
})
