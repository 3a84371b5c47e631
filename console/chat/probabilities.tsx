// The tokens of an answer with their probabilities. Unlikely ones are underlined, the more the thicker; the pointer or the
// arrow keys show the alternatives of a token.

import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { formatNumber, text } from '../languages/languages.ts'
import type { TokenProbability } from '../state/answer-part.ts'

const shownAlternatives = 5
/** Between a token and its alternatives, in pixels. */
const gap = 4

export function Probabilities({ tokens }: { readonly tokens: readonly TokenProbability[] }) {
	const [active, setActive] = useState<number>()
	const words = text.value
	const token = active === undefined ? undefined : tokens[active]
	return (
		<div class="probabilities">
			<p class="muted small-note">{words.probabilitiesHelp}</p>
			{/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls */}
			<div
				class="tokens"
				role="group"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move between the tokens
				tabIndex={0}
				aria-label={words.probabilitiesHelp}
				onKeyDown={(event) => {
					const next = moved(event.key, active, tokens.length)
					if (next === undefined) return
					event.preventDefault()
					event.stopPropagation()
					setActive(next < 0 ? undefined : next)
				}}
				onBlur={() => setActive(undefined)}
				onPointerOver={({ target }) => {
					const index = target instanceof HTMLElement ? target.dataset.index : undefined
					if (index !== undefined) setActive(Number(index))
				}}
				onPointerLeave={() => setActive(undefined)}
			>
				{tokens.map((one, index) => (
					<span key={index} data-index={index} class={`token ${doubt(one)} ${index === active ? 'active' : ''}`}>
						{one.token}
					</span>
				))}
				{active !== undefined && token !== undefined && <Alternatives token={token} index={active} />}
			</div>
			<span class="hidden-text" role="status">
				{token === undefined ? '' : words.tokenProbability(token.token.trim(), percent(token.logprob))}
			</span>
		</div>
	)
}

function Alternatives({ token, index }: { readonly token: TokenProbability; readonly index: number }) {
	const panel = useRef<HTMLDivElement>(null)
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
	}, [index])
	const others = token.top.filter((other) => other.token !== token.token)
	const rows = [token, ...others].sort((a, b) => b.logprob - a.logprob).slice(0, shownAlternatives)
	return (
		<div ref={panel} class="alternatives" aria-hidden="true">
			{rows.map((row) => (
				<div key={row.token} class={row.token === token.token ? 'chosen' : ''}>
					<span>{visible(row.token)}</span>
					<meter min={0} max={1} value={Math.exp(row.logprob)} />
					<em>{text.value.probability(percent(row.logprob))}</em>
				</div>
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
