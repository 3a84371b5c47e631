// The fields of the request that a turn answers: known for a request of this page, and read from the server for others.

import { useEffect, useState } from 'preact/hooks'
import { readResponse } from '../api/responses.ts'
import { withoutDefaults } from '../code/code-request.ts'
import type { PageTurn } from '../state/turn-tree.ts'

export type SentFields = Readonly<Record<string, unknown>>

/** Undefined while they are read, and if they are not wanted. */
export function useSentFields({ id, options, last }: PageTurn, wanted = true): SentFields | undefined {
	const [read, setRead] = useState<{ readonly turn: string; readonly fields: SentFields }>()
	useEffect(() => {
		if (!wanted || options !== undefined || last === undefined) return undefined
		const reading = new AbortController()
		readResponse(`resp_${id}`, reading.signal).then(
			(response) => setRead({ turn: id, fields: withoutDefaults(response) }),
			// A turn of another API is no response: nothing but its messages is known.
			() => {
				if (!reading.signal.aborted) setRead({ turn: id, fields: {} })
			},
		)
		return () => reading.abort()
	}, [id, options, last, wanted])
	return options ?? (read?.turn === id ? read.fields : last === undefined ? {} : undefined)
}
