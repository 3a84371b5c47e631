// The languages of the page: which one is shown, and how it writes numbers, dates and durations. A language is one file and
// one line of the table below.

import { computed } from '@preact/signals'
import { type LanguageChoice, settings } from '../state/settings.ts'
import { en, type Language } from './en.ts'
import { fr } from './fr.ts'

export const languages: readonly Language[] = [en, fr]

/** The sentences of the language that the person chose, or else of the browser's first one that exists. */
export const text = computed<Language>(() => findLanguage(settings.value.language, navigator.languages))

function findLanguage(choice: LanguageChoice, preferred: readonly string[]): Language {
	const tags = choice === 'browser' ? preferred : [choice]
	for (const tag of tags) {
		const found = languages.find((language) => tag.toLowerCase().split('-')[0] === language.tag)
		if (found !== undefined) return found
	}
	return en
}

/** 1234.5 as `1,234.5` or `1 234,5`. */
export const formatNumber = (value: number, digits = 0): string =>
	new Intl.NumberFormat(text.value.tag, { maximumFractionDigits: digits }).format(value)

/** An amount of money, with two significant digits if it is small. */
export const formatMoney = (amount: number, currency: string): string =>
	new Intl.NumberFormat(text.value.tag, {
		style: 'currency',
		currency,
		...(amount > 0 && amount < 0.1 ? { maximumSignificantDigits: 2 } : {}),
	}).format(amount)

/** The time of day, for the margin of a turn of today; with the date for an older one. */
export function formatTime(ms: number, nowMs: number): string {
	const sameDay = new Date(ms).toDateString() === new Date(nowMs).toDateString()
	return new Intl.DateTimeFormat(text.value.tag, {
		hour: '2-digit',
		minute: '2-digit',
		...(sameDay ? {} : { day: 'numeric', month: 'short' }),
	}).format(ms)
}

/** The month and year, for a group of older conversations. */
export const formatMonth = (ms: number): string =>
	new Intl.DateTimeFormat(text.value.tag, { month: 'long', year: 'numeric' }).format(ms)

/** Minutes and seconds, such as `1:05`. */
export function formatCountdown(ms: number): string {
	const seconds = Math.max(0, Math.ceil(ms / 1000))
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
