// The export of a conversation that changes while it is written.

import { expect, test } from 'bun:test'
import type { Turn } from '../../../conversations/conversation.ts'
import { newConversationId } from '../../../conversations/conversation-id.ts'
import type { ExportedMessage } from '../../../conversations/history.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { newTurnId } from '../../../conversations/turn-id.ts'
import { writeExport } from './conversation-writer.ts'

const conversation = newConversationId()
const times = { createdAtMs: 1000, updatedAtMs: 1000 }
const id = newTurnId()
const question = inputId(id, 0)
const answer = answerId(id, 0)
const running: Turn = {
	id,
	conversation,
	surface: 'chat',
	stored: false,
	state: 'running',
	model: 'small',
	inputs: [question],
	answers: [],
	metadata: {},
	echo: {},
	createdAtMs: 1000,
}
const message = (name: ExportedMessage['id'], role: string): ExportedMessage => ({
	id: name,
	conversation,
	turn: id,
	depth: 0,
	partial: false,
	createdAtMs: 1000,
	json: JSON.stringify({ role, content: [] }),
})

test('a turn that ends between two reads of an export has its messages', async () => {
	for (const endsAfter of ['messages', 'turns']) {
		let turn = running
		let messages = [message(question, 'user')]
		const end = (read: string) => {
			if (read !== endsAfter) return
			turn = { ...running, state: 'completed', answers: [{ message: answer, finishReason: 'stop' }] }
			messages = [...messages, message(answer, 'assistant')]
		}
		const pieces = writeExport(
			{ id: conversation, metadata: {}, listed: true, ...times },
			{
				messages: (async function* () {
					yield messages
					end('messages')
				})(),
				turns: (async function* () {
					yield [turn]
					end('turns')
				})(),
			},
		)
		const written = JSON.parse((await Array.fromAsync(pieces)).join(''))
		const ids: readonly string[] = written.messages.map((one: { readonly id: string }) => one.id)
		const [only] = written.turns
		const named = [...only.inputs, ...only.answers.map((one: { readonly message: string }) => one.message)]
		expect([endsAfter, named.filter((name) => !ids.includes(name))]).toEqual([endsAfter, []])
	}
})
