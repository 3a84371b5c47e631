// The server did not give the lists of conversations or models: why, and another attempt. Loaded when that happens.

import type { ServerError } from '../api/server.ts'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { Notice } from '../parts/notice.tsx'
import { loadLists } from '../state/first-load.ts'

export function ListFailure({ failure }: { readonly failure: ServerError }) {
	const words = text.value
	return (
		<Notice
			kind="failure"
			actions={
				<button type="button" class="button small" onClick={() => loadLists()}>
					{words.tryAgain}
				</button>
			}
		>
			{words.listNotLoaded}
			<div class="muted">{explain(failure)}</div>
		</Notice>
	)
}
