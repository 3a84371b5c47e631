// A text of an answer: Markdown, or, if the request had a JSON schema, a tree.

import { readSchema } from '../code/code-request.ts'
import { Markdown } from '../markdown/markdown.tsx'
import { loaded } from '../parts/loaded.tsx'
import type { PageTurn } from '../state/turn-tree.ts'
import { useSentFields } from './sent-fields.ts'

const StructuredAnswer = loaded(async () => (await import('./structured-answer.tsx')).StructuredAnswer)

export interface TextPartProps {
	readonly turn: PageTurn
	readonly text: string
	/** Whether the text still grows. */
	readonly open: boolean
}

export function TextPart({ turn, text, open }: TextPartProps) {
	// The request of a stored answer is read only if its answer may have a schema.
	const fields = useSentFields(turn, !open && /^\s*[[{]/.test(text))
	const schema = open ? undefined : readSchema(fields?.text)
	return schema === undefined ? (
		<Markdown source={text} open={open} />
	) : (
		<StructuredAnswer text={text} schema={schema.schema} />
	)
}
