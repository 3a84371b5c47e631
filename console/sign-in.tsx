// The sign-in screen. Ways to sign in are above each other in one column: a key, and later providers above it.

import { KeyForm } from './key-form.tsx'
import { languages, text } from './languages/languages.ts'
import { Mark } from './parts/icon.tsx'
import { changeSettings } from './state/settings.ts'

export function SignIn() {
	const words = text.value
	return (
		<main class="sign-in">
			<KeyForm>
				<h1>
					<Mark />
					{words.signInTitle}
				</h1>
			</KeyForm>
			{/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for the controls of a form */}
			<div class="sign-in-languages" role="group" aria-label={words.language}>
				{languages.map(({ tag, name }) => (
					<button
						key={tag}
						type="button"
						lang={tag}
						aria-pressed={tag === words.tag}
						onClick={() => changeSettings({ language: tag })}
					>
						{name}
					</button>
				))}
			</div>
		</main>
	)
}
