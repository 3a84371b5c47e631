// The first question of a comparison, above all columns.

import { Documents } from '../attachments/documents.tsx'
import { text } from '../languages/languages.ts'
import type { Question } from '../state/turn-tree.ts'

export function ComparedQuestion({ question }: { readonly question: Question }) {
	const words = text.value
	return (
		<article class="compared-question question" aria-label={words.questionLabel(1)}>
			<div class="body">
				<span class="hanging-mark" aria-hidden="true">
					{words.openingQuote}
				</span>
				<Documents documents={question.documents} />
				{question.images.map((url) => (
					<img class="attached" src={url} alt={words.picture} />
				))}
				<div class="folded">{question.text}</div>
			</div>
		</article>
	)
}
