// Who is signed in, and their menu: appearance, settings, the list of keys, the documentation of the API, and signing out.

import { Ellipsis } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { readKeyName } from '../api/keys.ts'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { Popover } from '../parts/popover.tsx'
import { libraryDialog } from '../state/library-dialog.ts'
import { addressOf, root } from '../state/route.ts'
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
	return (
		<div class="account">
			<span class="initials" aria-hidden="true">
				{(name?.slice(0, 2) ?? key.slice(-2)).toUpperCase()}
			</span>
			<span class="space account-name">{name ?? `…${key.slice(-4)}`}</span>
			<Popover
				label={words.account}
				role="dialog"
				align="end"
				button={(attributes) => <IconButton small node={Ellipsis} label={words.account} {...attributes} />}
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
						<a class="button" href={addressOf({ name: 'settings' })} onClick={close}>
							{words.settings}
						</a>
						<button
							type="button"
							class="button"
							onClick={() => {
								close()
								libraryDialog.value = { type: 'shortcuts' }
							}}
						>
							{words.shortcuts}
						</button>
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
