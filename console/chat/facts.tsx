// What is known about an answer: tokens, time to the first token, speed, cost, carbon. A fact that is unknown is left out. On a
// narrow window some are shown on request.

import { Info } from 'lucide'
import { useState } from 'preact/hooks'
import { formatMoney, formatNumber, text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import type { Answer } from '../state/answer.ts'

export function Facts({ answer }: { readonly answer: Answer }) {
	const [all, setAll] = useState(false)
	const words = text.value
	const usage = answer.usage.value
	const { cost, currency, carbon_grams: grams } = answer.metrics.value ?? {}
	const source =
		usage?.estimated === undefined ? undefined : usage.estimated ? words.estimatedHere : words.reportedByUpstream
	const { firstMs, outputMs, measured } = timesOf(answer)
	const speed = speedOf(usage?.output, outputMs)
	const timesSource = measured === 'here' ? words.measuredHere : words.measuredByServer
	return (
		<span class={`facts ${all ? 'all' : ''}`}>
			{usage !== undefined && <span title={source}>{words.tokens(usage.output)}</span>}
			{firstMs !== undefined && (
				<span class="detail" title={timesSource}>
					{words.firstTokenAfter(formatNumber(firstMs / 1000, 2))}
				</span>
			)}
			{speed !== undefined && <span title={timesSource}>{words.tokensPerSecond(formatNumber(speed))}</span>}
			{cost !== undefined && currency !== undefined && (
				<span title={words.costHelp}>{formatMoney(cost, currency)}</span>
			)}
			{grams !== undefined && (
				<span class="detail" title={words.carbonHelp}>
					{words.carbon(formatNumber(grams, grams < 1 ? 3 : 1))}
				</span>
			)}
			{(firstMs !== undefined || grams !== undefined) && (
				<IconButton
					small
					class="facts-more"
					node={Info}
					label={words.allFacts}
					aria-expanded={all}
					onClick={() => setAll(!all)}
				/>
			)}
		</span>
	)
}

interface AnswerTimes {
	readonly firstMs?: number | undefined
	/** From the first token to the last. */
	readonly outputMs?: number | undefined
	readonly measured: 'here' | 'server'
}

/** The person has waited for what this page has measured; otherwise the server's times. */
function timesOf({ sentAtMs, firstTokenAtMs, lastTokenAtMs, metrics }: Answer): AnswerTimes {
	if (sentAtMs === undefined || firstTokenAtMs === undefined) {
		const { first_token_ms: firstMs, output_ms: outputMs } = metrics.value ?? {}
		return { firstMs, outputMs, measured: 'server' }
	}
	const outputMs = lastTokenAtMs === undefined ? undefined : lastTokenAtMs - firstTokenAtMs
	return { firstMs: firstTokenAtMs - sentAtMs, outputMs, measured: 'here' }
}

/** Tokens per second between the first and the last token; unknown for answers of few tokens. */
function speedOf(tokens: number | undefined, outputMs: number | undefined): number | undefined {
	if (tokens === undefined || outputMs === undefined) return undefined
	return tokens < 5 || outputMs < 50 ? undefined : ((tokens - 1) / outputMs) * 1000
}
