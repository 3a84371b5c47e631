// The languages of the page: which one is shown, and how it writes numbers, dates and durations. A language is one file of this
// folder, named by its tag: the build lists them. The sentences of other screens than the chat are in all-sentences.ts.

import { type LanguageFile, languageFiles } from 'virtual:languages'
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import { type LanguageChoice, settings } from '../state/settings.ts'
import type { Language } from './en.ts'
import { type FirstSentences, firstEnglish } from './en-first.ts'

/** English first, then by their tags. */
export const languages: readonly LanguageFile[] = languageFiles

const shown = signal<Language>()

/** The language on screen, undefined for English: the first load has only a part of that. */
export const shownLanguage: ReadonlySignal<Language | undefined> = shown

/** Sentences of the chat, in the language that the person chose, or else in the browser's first one that exists. */
export const text: ReadonlySignal<FirstSentences> = computed(() => shown.value ?? firstEnglish)

/** Loads the person's language now, and others when they are chosen. Resolves when the first one is there. */
export function followLanguage(): Promise<void> {
	return new Promise((resolve) => {
		effect(() => {
			const file = findLanguage(settings.value.language, navigator.languages)
			const isEnglish = file === undefined || file.tag === firstEnglish.tag
			const load = isEnglish ? Promise.resolve(undefined) : file.load()
			// Without a network the page remains in the language that it has.
			void load
				.then(
					(language) => {
						shown.value = language
					},
					() => undefined,
				)
				.finally(resolve)
		})
	})
}

function findLanguage(choice: LanguageChoice, preferred: readonly string[]): LanguageFile | undefined {
	const tags = choice === 'browser' ? preferred : [choice]
	for (const tag of tags) {
		const found = languages.find((language) => tag.toLowerCase().split('-')[0] === language.tag)
		if (found !== undefined) return found
	}
	return undefined
}

/** For numbers and dates: the region that the browser prefers, such as British for English. */
function locale(): string {
	const { tag } = text.value
	return navigator.languages.find((preferred) => preferred.split('-')[0] === tag) ?? tag
}

/** 1234.5 as `1,234.5` or `1 234,5`. */
export const formatNumber = (value: number, digits = 0): string =>
	new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value)

/** An amount such as `€0.00041`: two digits after the point, or more if it is small. */
export function formatMoney(amount: number, currency: string): string {
	const digits = amount === 0 || amount >= 0.1 ? {} : { maximumSignificantDigits: 2 }
	return new Intl.NumberFormat(locale(), { style: 'currency', currency, ...digits }).format(amount)
}

/** The time of day, for the margin of a turn of today; with the date for an older one. */
export function formatTime(ms: number, nowMs: number): string {
	const sameDay = new Date(ms).toDateString() === new Date(nowMs).toDateString()
	return new Intl.DateTimeFormat(locale(), {
		hour: 'numeric',
		minute: '2-digit',
		...(sameDay ? {} : { day: 'numeric', month: 'short' }),
	}).format(ms)
}

/** The month and year, for a group of older conversations. */
export const formatMonth = (ms: number): string =>
	new Intl.DateTimeFormat(locale(), { month: 'long', year: 'numeric' }).format(ms)

/** A date such as `28 Nov 2026`. */
export const formatDate = (ms: number, timeZone?: 'UTC'): string =>
	new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone }).format(ms)

/** A day (UTC) such as `2026-11-28`: as today, yesterday, or its date. */
export function formatDay(day: string, nowMs: number): string {
	const daysAgo = Math.floor(nowMs / dayMs) - Math.floor(Date.parse(day) / dayMs)
	if (daysAgo !== 0 && daysAgo !== 1) return formatDate(Date.parse(day), 'UTC')
	return new Intl.RelativeTimeFormat(text.value.tag, { numeric: 'auto' }).format(-daysAgo, 'day')
}

const dayMs = 86_400_000

/** Minutes and seconds, such as `1:05`. */
export function formatCountdown(ms: number): string {
	const seconds = Math.max(0, Math.ceil(ms / 1000))
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
