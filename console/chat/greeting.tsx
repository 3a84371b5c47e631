// What a new chat shows: one question, and after a first visit by the printed link, one sentence about it.

import { text } from '../languages/languages.ts'
import { Mark } from '../parts/icon.tsx'
import { models } from '../state/models.ts'
import { session } from '../state/session.ts'

export function Greeting() {
	const words = text.value
	return (
		<div class="greeting">
			<Mark />
			<h2>{words.askAnything}</h2>
			{models.value?.length === 0 && <p>{words.noModels}</p>}
			{session.value.byLink && <p class="muted">{words.signedInByLink}</p>}
		</div>
	)
}
