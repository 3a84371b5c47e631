// Who is signed in, what they choose for this device (appearance, language), the documentation of the API, and signing out.

import { Ellipsis } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { readKeyName } from '../api/keys.ts'
import { languages, text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { Popover } from '../parts/popover.tsx'
import { libraryDialog } from '../state/library-dialog.ts'
import { root } from '../state/route.ts'
import { session, signOut } from '../state/session.ts'
import { changeSettings, settings, themes } from '../state/settings.ts'

export function Account() {
	const words = text.value
	const { key } = session.value
	const [named, setNamed] = useState<{ readonly key: string; readonly name: string | undefined }>()
	const name = named?.key === key ? named.name : undefined
	useEffect(() => {
		const reading = new AbortController()
		// Without the name, the end of the key is shown.
		readKeyName(reading.signal).then(
			(read) => setNamed({ key, name: read }),
			() => undefined,
		)
		return () => reading.abort()
	}, [key])
	const themeNames = { system: words.themeSystem, light: words.themeLight, dark: words.themeDark }
	const dialogNames = {
		import: words.importConversations,
		'export-all': words.exportAll,
		'delete-all': words.deleteAll,
		shortcuts: words.shortcuts,
	}
	return (
		<div class="account">
			<span class="initials" aria-hidden="true">
				{(name?.slice(0, 2) ?? key.slice(-2)).toUpperCase()}
			</span>
			<span class="space account-name">{name ?? `…${key.slice(-4)}`}</span>
			<Popover
				label={words.settings}
				role="dialog"
				align="end"
				button={(attributes) => <IconButton small node={Ellipsis} label={words.settings} {...attributes} />}
			>
				{(close) => (
					<div class="account-menu">
						<label class="field">
							<span class="label">{words.theme}</span>
							<select
								class="input"
								value={settings.value.theme}
								onChange={({ currentTarget: { value } }) =>
									changeSettings({ theme: themes.find((theme) => theme === value) ?? 'system' })
								}
							>
								{themes.map((theme) => (
									<option value={theme}>{themeNames[theme]}</option>
								))}
							</select>
						</label>
						<label class="field">
							<span class="label">{words.language}</span>
							<select
								class="input"
								value={settings.value.language}
								onChange={({ currentTarget: { value } }) => changeSettings({ language: value })}
							>
								<option value="browser">{words.languageSystem}</option>
								{languages.map(({ tag, name }) => (
									<option value={tag} lang={tag}>
										{name}
									</option>
								))}
							</select>
						</label>
						<label class="check">
							<input
								type="checkbox"
								checked={settings.value.readsAnswers}
								onChange={({ currentTarget: { checked } }) => changeSettings({ readsAnswers: checked })}
							/>
							{words.readAnswers}
						</label>
						{(['import', 'export-all', 'delete-all', 'shortcuts'] as const).map((type) => (
							<button
								key={type}
								type="button"
								class="button"
								onClick={() => {
									close()
									libraryDialog.value = { type }
								}}
							>
								{dialogNames[type]}
							</button>
						))}
						<a class="button" href={new URL('docs', root).href} target="_blank" rel="noopener noreferrer">
							{words.apiDocumentation}
						</a>
						<button type="button" class="button" onClick={signOut}>
							{words.signOut}
						</button>
					</div>
				)}
			</Popover>
		</div>
	)
}
