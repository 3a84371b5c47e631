// What the upstream of an answer did not receive, as a person knows it: features of the request, and turns of the conversation.

import type { PageTurn } from '../state/turn-tree.ts'

/** How many turns of the branch its oldest messages are. A continued answer is no turn of its own. */
export function turnsLeftOut(
	path: readonly Pick<PageTurn, 'question' | 'answer' | 'continues'>[],
	messages: number,
): number {
	let turns = 0
	let left = messages
	for (const { question, answer, continues } of path) {
		if (left <= 0) break
		left -= question.input.length + (answer.parts.length > 0 ? 1 : 0)
		if (continues === undefined) turns++
	}
	return turns
}

/** A part of the request that the person knows by a name. */
export type DroppedFeature =
	| 'instructions'
	| 'images'
	| 'temperature'
	| 'topP'
	| 'maxOutputTokens'
	| 'effort'
	| 'tools'
	| 'schema'
	| 'logProbabilities'
	| 'seed'

const features: readonly (readonly [form: RegExp, feature: DroppedFeature])[] = [
	[/^instructions\b/, 'instructions'],
	[/^temperature$/, 'temperature'],
	[/^top_p$/, 'topP'],
	[/^max_(output_|completion_)?tokens$/, 'maxOutputTokens'],
	[/^(reasoning|reasoning_effort|thinking)\b/, 'effort'],
	[/^(tools|tool_choice|parallel_tool_calls)\b/, 'tools'],
	[/^(text\.format|response_format)\b/, 'schema'],
	[/^(top_)?logprobs$/, 'logProbabilities'],
	[/^seed$/, 'seed'],
	[/^(messages|input)\[\d+\]\.content\[\d+\](\.image\w*)?$/, 'images'],
]

/** The feature that a dropped part belongs to, or the part itself if the page has no name for it. Each once. */
export function droppedFeatures(parts: readonly string[]): readonly (DroppedFeature | { readonly part: string })[] {
	const known = new Set<DroppedFeature>()
	const others = new Set<string>()
	for (const part of parts) {
		const feature = features.find(([form]) => form.test(part))?.[1]
		if (feature === undefined) others.add(part)
		else known.add(feature)
	}
	return [...known, ...Array.from(others, (part) => ({ part }))]
}
