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
		const reader = new SpeechSynthesisUtterance(readable(content))
		reader.lang = languageOf(content) ?? words.tag
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
const readable = (markdown: string): string =>
	markdown
		.replace(/^(`{3,}|~{3,}).*?^\1/gms, '')
		.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
		.replace(/[*_`#>|]+/g, ' ')
