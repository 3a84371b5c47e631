// Appearance and language of the page on this device.

import { text } from '../languages/all-sentences.ts'
import { languages } from '../languages/languages.ts'
import { Segmented } from '../parts/segmented.tsx'
import { changeSettings, settings, themes } from '../state/settings.ts'
import { SettingsSection } from './settings-section.tsx'

export function DeviceSettings() {
	const words = text.value
	const { theme, language } = settings.value
	const themeNames = { system: words.themeSystem, light: words.themeLight, dark: words.themeDark }
	return (
		<SettingsSection name="device" title={words.appearanceAndLanguage} help={words.deviceSettingsHelp}>
			<div class="setting">
				<span aria-hidden="true">{words.theme}</span>
				<Segmented
					label={words.theme}
					choices={themes.map((value) => ({ value, label: themeNames[value] }))}
					value={theme}
					onChange={(value) => changeSettings({ theme: value })}
				/>
			</div>
			<label class="setting">
				<span>{words.language}</span>
				<select
					class="input"
					value={language}
					onChange={({ currentTarget: { value } }) => changeSettings({ language: value })}
				>
					<option value="browser">{words.languageSystem}</option>
					{languages.map(({ tag, name }) => (
						<option key={tag} value={tag} lang={tag}>
							{name}
						</option>
					))}
				</select>
			</label>
		</SettingsSection>
	)
}
