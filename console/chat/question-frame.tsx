// What all questions on screen share: the hanging quotation mark and the pictures above the text.

import type { ComponentChildren } from 'preact'
import { text } from '../languages/languages.ts'

export interface QuestionFrameProps {
	readonly number: number
	/** As `data:` URLs. */
	readonly images: readonly string[]
	readonly children: ComponentChildren
}

export function QuestionFrame({ number, images, children }: QuestionFrameProps) {
	const words = text.value
	return (
		<article class="turn question" aria-label={words.questionLabel(number)}>
			<div class="speaker" />
			<div class="body">
				<span class="hanging-mark" aria-hidden="true">
					{words.openingQuote}
				</span>
				{images.map((url) => (
					<img key={url} class="attached" src={url} alt={words.picture} />
				))}
				{children}
			</div>
		</article>
	)
}
