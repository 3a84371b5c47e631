// How questions are sent, which keys act, and how answers are announced.

import { useId, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { keyName } from '../parts/key-name.ts'
import { Segmented } from '../parts/segmented.tsx'
import { notificationState, permitNotifications } from '../state/answer-notifications.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { changeSettings, settings } from '../state/settings.ts'
import { SettingsSection } from './settings-section.tsx'

export function ChatSettings() {
	const words = text.value
	const { sendsWithControl, singleKeys, readsAnswers } = settings.value
	return (
		<SettingsSection name="chat" title={words.questionsAndAnswers}>
			<div class="setting">
				<span aria-hidden="true">{words.sendWith}</span>
				<Segmented
					label={words.sendWith}
					choices={[
						{ value: 'enter', label: keyName('Enter') },
						{ value: 'control', label: keyName('Ctrl Enter') },
					]}
					value={sendsWithControl ? 'control' : 'enter'}
					onChange={(value) => changeSettings({ sendsWithControl: value === 'control' })}
				/>
				<p class="muted">{words.beginsLine(keyName(sendsWithControl ? 'Enter' : 'Shift Enter'))}</p>
			</div>
			<Switch
				label={words.singleKeys}
				help={words.shortcutsInText}
				checked={singleKeys}
				onChange={(checked) => changeSettings({ singleKeys: checked })}
			/>
			<button
				type="button"
				class="button small"
				onClick={() => {
					libraryDialog.value = { type: 'shortcuts' }
				}}
			>
				{words.listOfKeys}
			</button>
			<Switch
				label={words.readAnswers}
				help={words.readAnswersHelp}
				checked={readsAnswers}
				onChange={(checked) => changeSettings({ readsAnswers: checked })}
			/>
			<NotificationSwitch />
		</SettingsSection>
	)
}

/** The permission of the browser is requested when it is turned on, not before. */
function NotificationSwitch() {
	const words = text.value
	const [, setRequested] = useState(0)
	const state = notificationState()
	const help = {
		on: words.notificationsHelp,
		off: words.notificationsHelp,
		refused: words.notificationsRefused,
		unavailable: words.notificationsUnavailable,
	}[state]
	const change = async (notifies: boolean) => {
		changeSettings({ notifies: notifies && (await permitNotifications()) })
		// The permission is no signal: the switch shows what the browser decided.
		setRequested((times) => times + 1)
	}
	return (
		<Switch
			label={words.notifications}
			help={help}
			checked={state === 'on'}
			disabled={state === 'unavailable' || state === 'refused'}
			onChange={(checked) => void change(checked)}
		/>
	)
}

interface SwitchProps {
	readonly label: string
	readonly help: string
	readonly checked: boolean
	readonly disabled?: boolean
	readonly onChange: (checked: boolean) => void
}

function Switch({ label, help, checked, disabled = false, onChange }: SwitchProps) {
	const id = useId()
	return (
		<div class="setting-switch">
			<label class="check">
				<input
					type="checkbox"
					aria-describedby={id}
					checked={checked}
					disabled={disabled}
					onChange={(event) => onChange(event.currentTarget.checked)}
				/>
				{label}
			</label>
			<p id={id} class="muted">
				{help}
			</p>
		</div>
	)
}
