// The sentences of all screens, for those that are loaded when they are needed: the first load does not contain this module.

import { computed, type ReadonlySignal } from '@preact/signals'
import { en, type Language } from './en.ts'
import { shownLanguage } from './languages.ts'

/** In the language on screen. */
export const text: ReadonlySignal<Language> = computed(() => shownLanguage.value ?? en)
