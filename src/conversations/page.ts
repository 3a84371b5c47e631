// Lists in pages: the part of a query that selects a page, and the page.

export interface PageQuery<Id> {
	/** Id of the last item of the previous page. */
	readonly after?: Id | undefined
	/** 1 to 1,000. */
	readonly limit: number
	readonly order: 'asc' | 'desc'
}

export interface Page<Item> {
	readonly items: readonly Item[]
	/** Whether more items follow. */
	readonly more: boolean
}
