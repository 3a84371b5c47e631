// The interface of a database's index over the texts of messages. The texts are those of `search-text.ts`.

import type { Fragment, Sql } from './sql.ts'

export interface TextIndex {
	/** The SQL function of a text and a part of it: the position of the part, from 1, or 0. */
	readonly position: string
	/**
	 * The messages whose text may contain `text`. Undefined if there is no index, or if there are so many that a scan of the
	 * scope's own messages ends earlier.
	 *
	 * @param text folded, at least `shortestIndexed` characters.
	 */
	candidates(sql: Sql, text: string): Promise<TextCandidates | undefined>
}

export interface TextCandidates {
	/** A condition on messages `m`, which the index evaluates. It is true for every message that contains the text. */
	readonly condition: Fragment
}

/** Length in characters of the texts that an index consists of. */
export const shortestIndexed = 3
