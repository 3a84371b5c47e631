// Reads an answer aloud with the browser's voice, in the language of the answer.

import { Square, Volume2 } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { languageOf } from '../state/text-language.ts'

/** Nothing in browsers without a voice. */
export function ReadAloudButton({ content }: { readonly content: string }) {
	const [reading, setReading] = useState(false)
	const words = text.value
	useEffect(() => {
		if (!reading) return undefined
		const utterance = new SpeechSynthesisUtterance(spoken(content))
		utterance.lang = languageOf(content) ?? words.tag
		utterance.onend = () => setReading(false)
		// Another answer is read instead, or the browser has no voice.
		utterance.onerror = () => setReading(false)
		speechSynthesis.cancel()
		speechSynthesis.speak(utterance)
		return () => {
			utterance.onend = null
			utterance.onerror = null
			speechSynthesis.cancel()
		}
	}, [reading])
	if (typeof speechSynthesis === 'undefined') return null
	return (
		<IconButton
			small
			node={reading ? Square : Volume2}
			label={reading ? words.stopReading : words.readAloud}
			aria-pressed={reading}
			onClick={() => setReading(!reading)}
		/>
	)
}

/** Without code and the marks of Markdown. */
const spoken = (markdown: string): string =>
	markdown
		.replace(/^(`{3,}|~{3,}).*?^\1/gms, '')
		.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
		.replace(/[*_`#>|]+/g, ' ')
