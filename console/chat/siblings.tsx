// Steps between the turns that continue from the same message, and a list of them.

import { Check, ChevronLeft, ChevronRight } from 'lucide'
import { formatTime, text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { Popover } from '../parts/popover.tsx'
import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { answeringModel } from './answering-model.ts'
import { showBranch } from './show-branch.ts'

export function Siblings({ chat, turn }: { readonly chat: Chat; readonly turn: PageTurn }) {
	const siblings = chat.tree.value.siblings(turn)
	if (siblings.length < 2) return null
	const index = siblings.indexOf(turn)
	const words = text.value
	const position = words.ofMany(index + 1, siblings.length)
	const step = (offset: number) => {
		const next = siblings[index + offset]
		if (next !== undefined) showBranch(chat, turn, next)
	}
	return (
		// biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls
		<span
			class="siblings"
			role="group"
			aria-label={words.siblingLabel(index + 1, siblings.length)}
			data-switcher={turn.id}
		>
			<IconButton
				small
				node={ChevronLeft}
				label={words.previousAnswer}
				shortcut="Alt ←"
				aria-keyshortcuts="Alt+ArrowLeft"
				aria-disabled={index === 0}
				onClick={() => step(-1)}
			/>
			<Popover
				label={words.branches}
				button={(attributes) => (
					<button
						type="button"
						class="button ghost small"
						{...attributes}
						aria-label={`${position}: ${words.showBranches}`}
					>
						{position}
					</button>
				)}
			>
				{(close) =>
					siblings.map((sibling, number) => (
						<button
							key={sibling.id}
							type="button"
							class="menu-item branch"
							role="menuitemradio"
							aria-checked={sibling === turn}
							onClick={() => {
								close()
								if (sibling !== turn) showBranch(chat, turn, sibling)
							}}
						>
							<span class="number">{number + 1}</span>
							<BranchFacts chat={chat} turn={sibling} question={questionOf(sibling, siblings)} />
							{sibling === turn && <Icon node={Check} />}
						</button>
					))
				}
			</Popover>
			<IconButton
				small
				node={ChevronRight}
				label={words.nextAnswer}
				shortcut="Alt →"
				aria-keyshortcuts="Alt+ArrowRight"
				aria-disabled={index === siblings.length - 1}
				onClick={() => step(1)}
			/>
		</span>
	)
}

/** The question, if it distinguishes the siblings. */
const questionOf = (turn: PageTurn, siblings: readonly PageTurn[]): string | undefined =>
	siblings.every(({ question }) => question.text === turn.question.text) ? undefined : turn.question.text

interface BranchFactsProps {
	readonly chat: Chat
	readonly turn: PageTurn
	readonly question: string | undefined
}

function BranchFacts({ chat, turn, question }: BranchFactsProps) {
	const words = text.value
	const { answer, createdAtMs, edited } = turn
	const { type } = answer.state.value
	const tokens = answer.usage.value?.output
	const following = chat.tree.value.following(turn)
	const facts = [
		formatTime(createdAtMs, Date.now()),
		tokens === undefined ? undefined : words.tokens(tokens),
		type === 'stopped' ? words.branchStopped : type === 'failed' ? words.branchFailed : undefined,
		edited === true ? words.edited : undefined,
		following === 0 ? undefined : words.turnsFollow(following),
	]
	return (
		<span class="space">
			<b>{answeringModel(turn)}</b>
			<span class="muted">{facts.filter((fact) => fact !== undefined).join(' · ')}</span>
			{question !== undefined && <span class="excerpt">{question.slice(0, 120)}</span>}
		</span>
	)
}
