// The tokens of an answer with their probabilities. Unlikely ones are underlined, the more the thicker; the pointer or the
// arrow keys show the alternatives of a token. A click or Enter keeps them open: from each of them the answer can continue.

import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { formatNumber } from '../languages/languages.ts'
import { moveInMenu } from '../parts/popover.tsx'
import type { TokenProbability } from '../state/answer-part.ts'

const shownAlternatives = 5
/** Between a token and its alternatives, in pixels. */
const gap = 4

export interface ProbabilitiesProps {
	readonly tokens: readonly TokenProbability[]
	/** Answers again, beginning with the text up to a token and one of its alternatives; undefined if that is not possible. */
	readonly onContinueFrom?: ((text: string) => void) | undefined
}

export function Probabilities({ tokens, onContinueFrom }: ProbabilitiesProps) {
	const [active, setActive] = useState<number>()
	/** The alternatives of the active token stay open, to choose one. */
	const [open, setOpen] = useState(false)
	const box = useRef<HTMLDivElement>(null)
	const words = text.value
	const token = active === undefined ? undefined : tokens[active]
	const canOpen = onContinueFrom !== undefined && token !== undefined && token.top.length > 0
	const close = () => {
		setOpen(false)
		box.current?.focus({ preventScroll: true })
	}
	return (
		<div class="probabilities">
			<p class="muted small-note">{words.probabilitiesHelp}</p>
			{/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls */}
			<div
				ref={box}
				class="tokens"
				role="group"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move between the tokens
				tabIndex={0}
				aria-label={words.probabilitiesHelp}
				onKeyDown={(event) => {
					if (open) return
					if (event.key === 'Enter' && canOpen) setOpen(true)
					else {
						const next = moved(event.key, active, tokens.length)
						if (next === undefined) return
						setActive(next < 0 ? undefined : next)
					}
					event.preventDefault()
					event.stopPropagation()
				}}
				onFocusOut={({ currentTarget, relatedTarget }) => {
					if (relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) return
					setOpen(false)
					setActive(undefined)
				}}
				onPointerOver={({ target }) => {
					const index = indexOf(target)
					if (index !== undefined && !open) setActive(index)
				}}
				onPointerLeave={() => {
					if (!open) setActive(undefined)
				}}
				onClick={({ target }) => {
					const index = indexOf(target)
					if (index === undefined) return
					setActive(index)
					setOpen(onContinueFrom !== undefined && (tokens[index]?.top.length ?? 0) > 0)
				}}
			>
				{tokens.map((one, index) => (
					<span key={index} data-index={index} class={`token ${doubt(one)} ${index === active ? 'active' : ''}`}>
						{one.token}
					</span>
				))}
				{active !== undefined && token !== undefined && token.top.length > 0 && (
					<Alternatives
						token={token}
						index={active}
						onClose={close}
						onChoose={
							open && onContinueFrom !== undefined
								? (chosen) => onContinueFrom(textBefore(tokens, active) + chosen)
								: undefined
						}
					/>
				)}
			</div>
			<span class="hidden-text" role="status">
				{token === undefined || open ? '' : words.tokenProbability(token.token.trim(), percent(token.logprob))}
			</span>
		</div>
	)
}

const indexOf = (target: EventTarget | null): number | undefined =>
	target instanceof HTMLElement && target.dataset.index !== undefined ? Number(target.dataset.index) : undefined

const textBefore = (tokens: readonly TokenProbability[], index: number): string =>
	tokens
		.slice(0, index)
		.map(({ token }) => token)
		.join('')

interface AlternativesProps {
	readonly token: TokenProbability
	readonly index: number
	readonly onClose: () => void
	/** Undefined while the alternatives are only shown. */
	readonly onChoose: ((token: string) => void) | undefined
}

function Alternatives({ token, index, onClose, onChoose }: AlternativesProps) {
	const panel = useRef<HTMLDivElement>(null)
	const isMenu = onChoose !== undefined
	const words = text.value
	useLayoutEffect(() => {
		const element = panel.current
		const box = element?.parentElement
		const anchor = box?.querySelector<HTMLElement>(`[data-index="${index}"]`)
		if (element == null || box == null || anchor == null) return
		element.style.left = `${Math.max(0, Math.min(anchor.offsetLeft, box.clientWidth - element.offsetWidth))}px`
		const visibleEnd = box.closest('.talk')?.getBoundingClientRect().bottom ?? innerHeight
		const fits = anchor.getBoundingClientRect().bottom + gap + element.offsetHeight <= visibleEnd
		const top = fits ? anchor.offsetTop + anchor.offsetHeight + gap : anchor.offsetTop - gap - element.offsetHeight
		element.style.top = `${top}px`
		if (isMenu) element.querySelector('button')?.focus({ preventScroll: true })
	}, [index, isMenu])
	const others = token.top.filter((other) => other.token !== token.token)
	const rows = [token, ...others].sort((a, b) => b.logprob - a.logprob).slice(0, shownAlternatives)
	const rowOf = (row: { readonly token: string; readonly logprob: number }) => (
		<>
			<span>{visible(row.token)}</span>
			<meter min={0} max={1} value={Math.exp(row.logprob)} />
			<em>{words.probability(percent(row.logprob))}</em>
		</>
	)
	const chosen = (row: { readonly token: string }) => (row.token === token.token ? 'chosen' : '')
	if (onChoose === undefined)
		return (
			<div ref={panel} class="alternatives" aria-hidden="true">
				{rows.map((row) => (
					<div key={row.token} class={chosen(row)}>
						{rowOf(row)}
					</div>
				))}
			</div>
		)
	return (
		<div
			ref={panel}
			class="alternatives open"
			role="menu"
			tabIndex={-1}
			aria-label={words.continueFromHere}
			onKeyDown={(event) => {
				if (event.key === 'Escape') onClose()
				else if (!moveInMenu(event.key, event.currentTarget)) return
				event.preventDefault()
				event.stopPropagation()
			}}
		>
			<p class="muted" aria-hidden="true">
				{words.continueFromHere}
			</p>
			{rows.map((row) => (
				<button
					key={row.token}
					type="button"
					role="menuitem"
					class={chosen(row)}
					aria-label={words.tokenProbability(row.token.trim(), percent(row.logprob))}
					onClick={(event) => {
						event.stopPropagation()
						onChoose(row.token)
					}}
				>
					{rowOf(row)}
				</button>
			))}
		</div>
	)
}

/** -1 for none; undefined if the key moves nothing. */
function moved(key: string, active: number | undefined, count: number): number | undefined {
	switch (key) {
		case 'ArrowRight':
		case 'ArrowDown':
			return Math.min(count - 1, (active ?? -1) + 1)
		case 'ArrowLeft':
		case 'ArrowUp':
			return Math.max(0, (active ?? 1) - 1)
		case 'Home':
			return 0
		case 'End':
			return count - 1
		case 'Escape':
			return active === undefined ? undefined : -1
		default:
			return undefined
	}
}

function doubt({ logprob }: TokenProbability): string {
	const probability = Math.exp(logprob)
	if (probability >= 0.5) return ''
	return probability >= 0.25 ? 'doubt-1' : probability >= 0.1 ? 'doubt-2' : 'doubt-3'
}

const percent = (logprob: number): string => formatNumber(Math.exp(logprob) * 100, Math.exp(logprob) < 0.1 ? 1 : 0)

const visible = (token: string): string => token.replaceAll('\n', '⏎').replaceAll(' ', '·')
