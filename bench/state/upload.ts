// Bytes that a client sends in a conversation of fifty turns: its newest message and an id, compared with the complete
// history each time.

export interface UploadBytes {
	readonly byId: number
	readonly resent: number
}

const turns = 50
const question = 'And what would you say to a person who believes the opposite, in two or three sentences? '
const answer = question.repeat(4)

export function measureUpload(): UploadBytes {
	const messages: { readonly role: string; readonly content: string }[] = []
	let [byId, resent] = [0, 0]
	for (let turn = 0; turn < turns; turn++) {
		const newest = { role: 'user', content: question }
		messages.push(newest)
		byId += sizeOf([newest]) + headerBytes
		resent += sizeOf(messages)
		messages.push({ role: 'assistant', content: answer })
	}
	return { byId, resent }
}

/** Of `x-dragoman-conversation: conv_…`. */
const headerBytes = 'x-dragoman-conversation: conv_0123456789abcdef0123456789abcdef\r\n'.length

function sizeOf(messages: readonly object[]): number {
	return JSON.stringify({ model: 'm', messages }).length
}
