// A page of rows. One row more than the limit is read, which shows whether the list continues.

import type { Page } from '../../conversations/page.ts'

export function pageOf<Item>(found: readonly Item[], limit: number): Page<Item> {
	return { items: found.slice(0, limit), more: found.length > limit }
}
