// One part of an answer.

import { text } from '../languages/languages.ts'
import { Markdown } from '../markdown/markdown.tsx'
import { loaded } from '../parts/loaded.tsx'
import { Notice } from '../parts/notice.tsx'
import { Picture } from '../parts/picture.tsx'
import type { AnswerPart } from '../state/answer-part.ts'
import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import type { ProbabilitiesProps } from './probabilities.tsx'
import { TextPart } from './text-part.tsx'
import { Thinking } from './thinking.tsx'
import { ToolCallCard } from './tool-call-card.tsx'

interface TextWithTokens extends ProbabilitiesProps {
	readonly text: string
}

const Probabilities = loaded<TextWithTokens>(
	async () => (await import('./probabilities.tsx')).Probabilities,
	undefined,
	({ text: source }) => <Markdown source={source} open={false} />,
)

export interface AnswerPartViewProps {
	readonly part: AnswerPart
	/** Whether the part still grows. */
	readonly open: boolean
	/** The conversation that tool calls are answered in; absent if they cannot be. */
	readonly chat?: Chat | undefined
	readonly turn: PageTurn
	/** Whether text is shown as its tokens, if their probabilities are known. */
	readonly showsProbabilities?: boolean
	/** Answers again from a token on, with the text up to there; undefined if that is not possible. */
	readonly onContinueFrom?: ((text: string) => void) | undefined
}

export function AnswerPartView(properties: AnswerPartViewProps) {
	const { part, open, chat, turn, showsProbabilities = false, onContinueFrom } = properties
	const words = text.value
	switch (part.type) {
		case 'text':
			if (showsProbabilities && !open && part.tokens !== undefined)
				return <Probabilities text={part.text} tokens={part.tokens} onContinueFrom={onContinueFrom} />
			// The request of a shared answer is its owner's.
			return chat === undefined ? (
				<Markdown source={part.text} open={open} />
			) : (
				<TextPart turn={turn} text={part.text} open={open} />
			)
		case 'reasoning':
			return <Thinking part={part} open={open} />
		case 'refusal':
			// It streams: its end is announced with the answer.
			return (
				<Notice kind="plain" isSilent>
					{words.declined(part.text)}
				</Notice>
			)
		case 'tool-call':
			return <ToolCallCard part={part} open={open} chat={chat} turn={turn} />
		case 'image':
			return <Picture url={part.url} label={words.picture} fileName={`picture.${extensionOf(part.url)}`} />
		case 'other':
			return <p class="muted">{words.otherPart(part.kind)}</p>
	}
	part satisfies never
}

const extensionOf = (url: string): string => /^data:image\/(png|jpeg|webp|gif)/.exec(url)?.[1] ?? 'png'
