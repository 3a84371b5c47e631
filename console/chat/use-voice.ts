// Reads an answer aloud with the browser's voice, in the language of the answer.

import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { languageOf } from '../state/text-language.ts'

export interface Voice {
	readonly isReading: boolean
	/** Begins or stops to read. */
	readonly toggle: () => void
}

/** Undefined in browsers without a voice. */
export function useVoice(content: string): Voice | undefined {
	const [isReading, setReading] = useState(false)
	useEffect(() => {
		if (!isReading) return undefined
		const reader = new SpeechSynthesisUtterance(readable(content))
		reader.lang = languageOf(content) ?? text.value.tag
		let ended = false
		const end = () => {
			ended = true
			setReading(false)
		}
		reader.onend = end
		// Another answer is read instead, or the browser has no voice.
		reader.onerror = end
		speechSynthesis.cancel()
		speechSynthesis.speak(reader)
		return () => {
			reader.onend = null
			reader.onerror = null
			// That would end another answer's.
			if (!ended) speechSynthesis.cancel()
		}
	}, [isReading])
	if (typeof speechSynthesis === 'undefined') return undefined
	return { isReading, toggle: () => setReading(!isReading) }
}

/** Without code and the marks of Markdown. */
const readable = (markdown: string): string =>
	markdown
		.replace(/^(`{3,}|~{3,}).*?^\1/gms, '')
		.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
		.replace(/[*_`#>|]+/g, ' ')
