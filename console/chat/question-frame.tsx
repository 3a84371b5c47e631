// What all questions on screen share: the hanging quotation mark, and what is attached above the text.

import type { ComponentChildren } from 'preact'
import { Documents } from '../attachments/documents.tsx'
import { text } from '../languages/languages.ts'
import type { Question } from '../state/turn-tree.ts'

export interface QuestionFrameProps {
	readonly number: number
	readonly question: Question
	readonly children: ComponentChildren
}

export function QuestionFrame({ number, question, children }: QuestionFrameProps) {
	const words = text.value
	return (
		<article class="turn question" aria-label={words.questionLabel(number)}>
			<div class="speaker" />
			<div class="body">
				<span class="hanging-mark" aria-hidden="true">
					{words.openingQuote}
				</span>
				<Documents documents={question.documents} />
				{question.images.map((url) => (
					<img key={url} class="attached" src={url} alt={words.picture} />
				))}
				{children}
			</div>
		</article>
	)
}
