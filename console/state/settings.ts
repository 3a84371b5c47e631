// What a person chose for this device: appearance, language, keys, reading and notifications.

import { effect, signal } from '@preact/signals'
import { followDevice, thisDevice } from './storage.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** `browser`, or the tag of a language. */
export type LanguageChoice = string

export interface PageSettings {
	readonly theme: Theme
	readonly language: LanguageChoice
	/** Whether keys without Ctrl or Alt act outside text fields. */
	readonly singleKeys: boolean
	/** Whether a screen reader reads each paragraph of an answer while it streams. */
	readonly readsAnswers: boolean
	/** Whether Ctrl and Enter send a message instead of Enter. */
	readonly sendsWithControl: boolean
	/** Whether the system shows a notification when an answer is ready and the page is hidden. */
	readonly notifies: boolean
}

const defaults: PageSettings = {
	theme: 'system',
	language: 'browser',
	singleKeys: true,
	readsAnswers: false,
	sendsWithControl: false,
	notifies: false,
}

export const settings = signal<PageSettings>({ ...defaults, ...readStored() })

export function changeSettings(change: Partial<PageSettings>): void {
	settings.value = { ...settings.value, ...change }
	thisDevice.write('settings', JSON.stringify(settings.value))
}

/** Follows changes in other tabs, also those since this page was loaded. */
export function followSettings(): void {
	const read = () => {
		settings.value = { ...defaults, ...readStored() }
	}
	followDevice('settings', read)
	read()
}

/** Sets the theme of the document now, and whenever it or the system's preference changes. */
export function applyTheme(): void {
	const prefersDark = matchMedia('(prefers-color-scheme: dark)')
	const apply = () => {
		const { theme } = settings.value
		document.documentElement.dataset.theme = theme === 'system' ? (prefersDark.matches ? 'dark' : 'light') : theme
	}
	prefersDark.addEventListener('change', apply)
	effect(apply)
}

function readStored(): Partial<PageSettings> {
	try {
		const stored = JSON.parse(thisDevice.read('settings') ?? '{}')
		const { theme, language } = stored
		const flag = (name: 'singleKeys' | 'readsAnswers' | 'sendsWithControl' | 'notifies') =>
			typeof stored[name] === 'boolean' ? stored[name] : defaults[name]
		return {
			theme: themes.find((known) => known === theme) ?? defaults.theme,
			language: typeof language === 'string' ? language : defaults.language,
			singleKeys: flag('singleKeys'),
			readsAnswers: flag('readsAnswers'),
			sendsWithControl: flag('sendsWithControl'),
			notifies: flag('notifies'),
		}
	} catch {
		return {}
	}
}
