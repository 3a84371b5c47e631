// A page of rows, of which one more than the limit was read.

import type { Page } from '../../conversations/page.ts'

export function pageOf<Item>(found: readonly Item[], limit: number): Page<Item> {
	return { items: found.slice(0, limit), more: found.length > limit }
}
