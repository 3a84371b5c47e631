// Says that the server has a newer version of the page. The person decides when it is shown.

import { text } from './languages/languages.ts'
import { newVersion } from './state/page-version.ts'

export function NewVersion() {
	const accept = newVersion.value
	const words = text.value
	if (accept === undefined) return null
	return (
		<div class="new-version" role="status">
			{words.newVersion}
			<button type="button" class="button small" onClick={accept}>
				{words.showNewVersion}
			</button>
		</div>
	)
}
