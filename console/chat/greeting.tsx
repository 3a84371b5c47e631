// What a new chat shows: one question, and one sentence about where text goes.

import { text } from '../languages/languages.ts'
import { Mark } from '../parts/icon.tsx'
import { model, models } from '../state/models.ts'

export function Greeting() {
	const words = text.value
	return (
		<div class="greeting">
			<Mark />
			<h2>{words.askAnything}</h2>
			{/* Its line is there before the models are: nothing moves when they arrive. */}
			<p class="destination">{models.value?.length === 0 ? words.noModels : destination()}</p>
		</div>
	)
}

/** Where the text of the next question goes, if the server says so. */
function destination(): string | undefined {
	const { id, local } = model.value ?? {}
	if (id === undefined || local === undefined) return undefined
	return local ? text.value.localModel : text.value.hostedModel(id)
}
