// The turns of the branch that is shown. The view follows a growing answer only while the reader is at its end.

import { ArrowDown } from 'lucide'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import type { Chat } from '../state/chat.ts'
import { AnswerView } from './answer.tsx'
import { Greeting } from './greeting.tsx'
import { QuestionView } from './question.tsx'

/** The reader is at the end within this many pixels. */
const endPixels = 64

export function Talk({ chat }: { readonly chat: Chat }) {
	const view = useRef<HTMLDivElement>(null)
	const content = useRef<HTMLDivElement>(null)
	const atEnd = useRef(true)
	const lastTop = useRef(0)
	const [away, setAway] = useState(false)
	const path = chat.path.value
	useLayoutEffect(() => {
		atEnd.current = true
		setAway(false)
		view.current?.scrollTo({ top: view.current.scrollHeight, behavior: 'instant' })
	}, [chat, path.length])
	useLayoutEffect(() => {
		const element = view.current
		if (element === null || content.current === null) return undefined
		// The answer and the composer grow, the window changes, pictures load.
		const observer = new ResizeObserver(() => {
			if (atEnd.current) element.scrollTo({ top: element.scrollHeight, behavior: 'instant' })
		})
		observer.observe(element)
		observer.observe(content.current)
		return () => observer.disconnect()
	}, [])
	const toEnd = () => {
		atEnd.current = true
		setAway(false)
		view.current?.scrollTo({ top: view.current.scrollHeight })
	}
	const words = text.value
	return (
		<>
			<div
				ref={view}
				class="talk"
				role="log"
				aria-live="off"
				aria-label={words.conversation}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
				tabIndex={0}
				onScroll={({ currentTarget }) => {
					const { scrollHeight, scrollTop, clientHeight } = currentTarget
					// The text may have grown since the view was scrolled to its end: only a reader scrolls up.
					const isUp = scrollTop < lastTop.current
					atEnd.current = scrollHeight - scrollTop - clientHeight <= endPixels || (atEnd.current && !isUp)
					lastTop.current = scrollTop
					setAway(!atEnd.current)
				}}
			>
				<div ref={content} class="talk-content">
					{path.length === 0 ? (
						<Greeting />
					) : (
						path.map((turn, index) => (
							<div key={turn.clientId ?? turn.id}>
								<QuestionView chat={chat} turn={turn} number={index + 1} />
								<AnswerView chat={chat} turn={turn} number={index + 1} />
							</div>
						))
					)}
				</div>
			</div>
			{away && (
				<div class="dock">
					<button type="button" class="button small to-end" onClick={toEnd}>
						{chat.isAnswering.value ? words.newTextBelow : words.jumpToEnd}
						<Icon node={ArrowDown} />
					</button>
				</div>
			)}
		</>
	)
}
