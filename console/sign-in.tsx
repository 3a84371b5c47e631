// The sign-in screen. Ways to sign in are above each other in one column: a key, and later providers above it. Beside it is the
// operator's notice, if there is one.

import { useEffect } from 'preact/hooks'
import { KeyForm } from './key-form.tsx'
import { text } from './languages/all-sentences.ts'
import { languages } from './languages/languages.ts'
import { Mark } from './parts/icon.tsx'
import { loaded } from './parts/loaded.tsx'
import { pageTitle, service, serviceName } from './state/service.ts'
import { changeSettings } from './state/settings.ts'

const SignInNotice = loaded(async () => (await import('./sign-in-notice.tsx')).SignInNotice)

export function SignIn() {
	const words = text.value
	const notice = service.value?.notice ?? {}
	useEffect(() => {
		document.title = pageTitle()
	}, [serviceName.value])
	const hasNotice = Object.keys(notice).length > 0
	return (
		<div class={`sign-in ${hasNotice ? 'with-notice' : ''}`}>
			<main class="sign-in-column">
				<div class="brand">
					<Mark />
					<span class="service-name">{serviceName.value}</span>
				</div>
				<KeyForm>
					<hgroup>
						<h1>{words.signIn}</h1>
						<p class="muted">{location.host}</p>
					</hgroup>
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
			{hasNotice && (
				<aside class="sign-in-notice" aria-label={words.operatorNotice}>
					<SignInNotice notice={notice} />
				</aside>
			)}
		</div>
	)
}
