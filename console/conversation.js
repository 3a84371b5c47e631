// A conversation: questions with their answers, as plain data that can be stored. What the model sees of it, and how an answer ended in
// words. Nothing here knows the document.

/** A conversation is an object of its own: an answer that is still running can only write into the one that it belongs to. */
export const newConversation = () => ({ exchanges: [] })

/** `end` is a finish reason, or `stopped` by the user, `lost` or `failed`; undefined while it runs. */
export const newAnswer = (model) => ({ model, text: '', thinking: '', refusal: '', tools: [], end: undefined })

/** The messages that ask the question of `exchange`: everything before it that has an answer. */
export function messagesFor(conversation, exchange) {
	const before = conversation.exchanges.slice(0, conversation.exchanges.indexOf(exchange))
	return [
		...before.filter(isSeen).flatMap(({ question, answer }) => [
			{ role: 'user', content: question },
			{ role: 'assistant', content: answer.text.trim() === '' ? answer.refusal : answer.text },
		]),
		{ role: 'user', content: exchange.question },
	]
}

/** Whether the model sees the exchange when it is asked the next question. */
function isSeen({ answer }) {
	return answer.text.trim() !== '' || answer.refusal !== ''
}

/** Adds a chunk of the stream. Reads leniently: chunks come from any upstream. */
export function addChunk(answer, chunk) {
	const choice = chunk.choices?.[0]
	const delta = choice?.delta ?? {}
	const thinking = textOf(delta.reasoning_content ?? delta.reasoning)
	const text = textOf(delta.content)
	const refusal = textOf(delta.refusal)
	if (thinking !== '') answer.thinkingSince ??= Date.now()
	if (answer.thinkingSince !== undefined && (text !== '' || refusal !== '' || choice?.finish_reason))
		answer.thoughtMs ??= Date.now() - answer.thinkingSince
	answer.thinking += thinking
	answer.text += text
	answer.refusal += refusal
	for (const call of [...(delta.tool_calls ?? []), { function: delta.function_call }])
		if (call?.function?.name) answer.tools.push(call.function.name)
	answer.finish = choice?.finish_reason ?? answer.finish
}

/** Some upstreams send content as parts. */
function textOf(content) {
	if (typeof content === 'string') return content
	return Array.isArray(content) ? content.map((part) => textOf(part?.text)).join('') : ''
}

/** Reasons that mean more than an end. Upstreams have further names for an ordinary one. */
const remarkable = ['length', 'content_filter', 'tool_calls']

/** The stream has ended without a failure. */
export function finish(answer) {
	answer.end = remarkable.includes(answer.finish) ? answer.finish : 'stop'
}

/** What to write below an answer that has ended: sentences, whether they report a failure, and whether asking again makes sense. */
export function endingOf(exchange) {
	const { answer } = exchange
	const arrived = answer.text.trim() !== ''
	const sentences = endSentences(answer, arrived)
	if (!isSeen(exchange)) sentences.push('This question is left out of the conversation that the model sees.')
	const complete = ['stop', 'length', 'tool_calls'].includes(answer.end) && isSeen(exchange)
	return { sentences, failed: ['failed', 'lost'].includes(answer.end), retry: !complete }
}

function endSentences(answer, arrived) {
	const kept = arrived ? ['What arrived is kept.'] : []
	switch (answer.end) {
		case 'failed':
			return [answer.error, ...kept]
		case 'lost':
			return ['The connection was lost before the answer ended.', ...kept]
		case 'stopped':
			return [arrived ? 'Stopped.' : 'Stopped before the answer began.']
		case 'length':
			return [...emptySentence(answer, arrived), 'The answer was cut at the token limit.']
		case 'content_filter':
			return [
				arrived ? 'The rest of the answer was withheld (content filter).' : 'The answer was withheld (content filter).',
			]
	}
	if (answer.tools.length > 0)
		return [`The model called a tool (${answer.tools.join(', ')}), which this page cannot run.`]
	return emptySentence(answer, arrived)
}

function emptySentence({ refusal }, arrived) {
	return arrived || refusal !== '' ? [] : ['The model returned an empty answer.']
}
