// A shared branch, read-only, with a copy of it to continue in.

import { useEffect, useState } from 'preact/hooks'
import { ServerError } from '../api/server.ts'
import { openShare, type SharedBranch } from '../api/shares.ts'
import { AnswerPartView } from '../chat/answer-part.tsx'
import { QuestionFrame } from '../chat/question-frame.tsx'
import { text } from '../languages/all-sentences.ts'
import { attempt, explain } from '../parts/attempt.ts'
import { Notice } from '../parts/notice.tsx'
import { SidebarOpener } from '../sidebar/sidebar-opener.tsx'
import { loadConversations } from '../state/conversation-list.ts'
import { navigate } from '../state/route.ts'
import { pageTitle, serviceName } from '../state/service.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { copyShare, turnsOf } from './shared-turns.ts'

export function SharedScreen({ id }: { readonly id: string }) {
	const [branch, setBranch] = useState<SharedBranch | Error>()
	const [copying, setCopying] = useState(false)
	const words = text.value
	useEffect(() => {
		const ending = new AbortController()
		setBranch(undefined)
		openShare(id, ending.signal).then(setBranch, (failure: unknown) => {
			if (!ending.signal.aborted) setBranch(failure instanceof Error ? failure : new Error(String(failure)))
		})
		return () => ending.abort()
	}, [id])
	const found = branch instanceof Error ? undefined : branch
	const title = found?.title ?? words.sharedConversation
	useEffect(() => {
		document.title = pageTitle(title)
	}, [title, serviceName.value])
	const copy = async (shared: SharedBranch) => {
		const copied = await copyShare(shared)
		await loadConversations().catch(() => undefined)
		navigate({ name: 'conversation', id: copied })
	}
	return (
		<main id="content" class="main" tabIndex={-1}>
			<header class="top-bar">
				<div>
					<SidebarOpener />
					<h1 title={title}>{title}</h1>
				</div>
			</header>
			<div class="talk">
				{branch instanceof Error && (
					<div class="greeting">
						<Notice kind="failure">{isUnknown(branch) ? words.shareNotFound : explain(branch)}</Notice>
					</div>
				)}
				{found !== undefined &&
					turnsOf(found).map((turn, index) => <SharedTurn key={turn.id} turn={turn} number={index + 1} />)}
			</div>
			{found !== undefined && (
				<div class="dock share-dock">
					<span>{words.sharedReadOnly}</span>
					<button
						type="button"
						class="button primary"
						disabled={copying}
						onClick={() => {
							setCopying(true)
							void attempt(copy(found)).then(() => setCopying(false))
						}}
					>
						{words.continueInCopy}
					</button>
				</div>
			)}
		</main>
	)
}

const isUnknown = (failure: Error): boolean => failure instanceof ServerError && failure.status === 404

function SharedTurn({ turn, number }: { readonly turn: PageTurn; readonly number: number }) {
	const { question, answer, model } = turn
	const words = text.value
	return (
		<>
			<QuestionFrame number={number} question={question}>
				<div>{question.text}</div>
			</QuestionFrame>
			<article class="turn answer" aria-label={words.answerLabel(number, model)}>
				<div class="speaker">
					<b>{model}</b>
				</div>
				<div class="body">
					{answer.parts.map((part, index) => (
						<AnswerPartView key={index} part={part} open={false} turn={turn} />
					))}
				</div>
			</article>
		</>
	)
}
