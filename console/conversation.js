// A conversation: questions with their answers, as plain data that can be stored. It determines the messages that the model receives, and
// describes how an answer ended. It does not access the document.

/** Each conversation is a separate object, so that an answer in progress can only change the one that it belongs to. */
export const newConversation = () => ({ exchanges: [] })

/** `end` is a finish reason, or `stopped` by the user, `lost` or `failed`; undefined while the answer is in progress. */
export const newAnswer = (model) => ({ model, text: '', thinking: '', refusal: '', tools: [], end: undefined })

/** The messages of the request for `exchange`: all earlier exchanges that have an answer, and its question. */
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

/** Whether later requests include the exchange. */
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

/** Finish reasons that the page reports. All others count as `stop`, because upstreams have various names for it. */
const remarkable = ['length', 'content_filter', 'tool_calls']

/** Records that the stream ended without a failure. */
export function finish(answer) {
	answer.end = remarkable.includes(answer.finish) ? answer.finish : 'stop'
}

/** The note below an answer that has ended: sentences, whether they report a failure, and whether to offer a retry. */
export function endingOf(exchange) {
	const { answer } = exchange
	const arrived = answer.text.trim() !== ''
	const sentences = endSentences(answer, arrived)
	if (!isSeen(exchange)) sentences.push('This question is not sent to the model with later messages.')
	const complete = ['stop', 'length', 'tool_calls'].includes(answer.end) && isSeen(exchange)
	return { sentences, failed: ['failed', 'lost'].includes(answer.end), retry: !complete }
}

function endSentences(answer, arrived) {
	const partial = arrived ? ['The partial answer is saved.'] : []
	switch (answer.end) {
		case 'failed':
			return [answer.error, ...partial]
		case 'lost':
			return ['The connection was lost before the answer was complete.', ...partial]
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
