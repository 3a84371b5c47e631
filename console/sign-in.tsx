// The sign-in screen.

import { KeyForm } from './key-form.tsx'
import { text } from './languages/languages.ts'
import { Mark } from './parts/icon.tsx'

export function SignIn() {
	return (
		<main class="sign-in">
			<KeyForm>
				<h1>
					<Mark />
					{text.value.signInTitle}
				</h1>
			</KeyForm>
		</main>
	)
}
