// What is known about an answer: tokens, time to the first token, speed. A fact that is unknown is left out.

import { formatNumber, text } from '../languages/languages.ts'
import type { Answer } from '../state/answer.ts'

export function Facts({ answer }: { readonly answer: Answer }) {
	const words = text.value
	const usage = answer.usage.value
	const { sentAtMs, firstTokenAtMs, lastTokenAtMs } = answer
	const source =
		usage?.estimated === undefined ? undefined : usage.estimated ? words.estimatedHere : words.reportedByUpstream
	const speed = speedOf(usage?.output, firstTokenAtMs, lastTokenAtMs)
	return (
		<span class="facts">
			{usage !== undefined && <span title={source}>{words.tokens(formatNumber(usage.output))}</span>}
			{sentAtMs !== undefined && firstTokenAtMs !== undefined && (
				<span class="detail">{words.firstTokenAfter(formatNumber((firstTokenAtMs - sentAtMs) / 1000, 2))}</span>
			)}
			{speed !== undefined && <span>{words.tokensPerSecond(formatNumber(speed))}</span>}
		</span>
	)
}

/** Tokens per second between the first and the last token; unknown for answers of few tokens. */
function speedOf(
	tokens: number | undefined,
	firstMs: number | undefined,
	lastMs: number | undefined,
): number | undefined {
	if (tokens === undefined || firstMs === undefined || lastMs === undefined) return undefined
	return tokens < 5 || lastMs - firstMs < 50 ? undefined : ((tokens - 1) / (lastMs - firstMs)) * 1000
}
