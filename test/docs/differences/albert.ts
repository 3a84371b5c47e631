// What docs/migrate/albert.md says about each difference.

import { expect } from 'bun:test'
import { listAt, textAt } from '../../dialect-clients/dialect-client.ts'
import { eventually } from '../../faults/gateway.ts'
import type { DifferenceChecks } from './differences-server.ts'

const chat = '/albert/v1/chat/completions'
const message = (content: string, more: object = {}) => ({
	model: 'AgentPublic/llama3-instruct-8b',
	messages: [{ role: 'user', content }],
	...more,
})
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const history = (user: string) => `/albert/v1/chat/history/${user}`

export const albert: DifferenceChecks = {
	'an `id` that does not exist': async ({ send }) => {
		const body = message('a', { user: 'unknown-id', id: '91d4ed10-9ba4-409c-8c15-01548f7f8a68' })
		expect((await send(chat, { body })).status).toBe(404)
	},
	'an `id` without `user`': async ({ send }) => {
		const { status, headers } = await send(chat, { body: message('a', { id: 'x' }) })
		expect([status, headers.get('x-dragoman-dropped')]).toEqual([200, 'id'])
	},
	'an empty `user`': async ({ send }) => {
		expect(textAt((await send(chat, { body: message('a', { user: '' }) })).body, 'id')).not.toMatch(uuid)
	},
	'a second key': async ({ send, createKey }) => {
		const [first, second, other] = [
			await createKey('--owner', 'same'),
			await createKey('--owner', 'same'),
			await createKey('--owner', 'other'),
		]
		const id = textAt((await send(chat, { body: message('a', { user: 'ada' }), key: first })).body, 'id')
		const { body } = await send(history('ada'), { key: second })
		expect(Object.keys(Object(body))).toEqual([id])
		expect((await send(history('ada'), { key: other })).body).toEqual({})
	},
	'no `temperature`': async ({ send, sent }) => {
		await send(chat, { body: message('a', { model: 'shown' }) })
		expect(sent()).toMatchObject({ temperature: 0.7 })
	},
	'`stream: true`': async ({ send }) => {
		const { body } = await send(chat, { body: message('one two', { user: 'stream', stream: true }) })
		const events = String(body)
			.split('\n')
			.filter((line) => line.startsWith('data: {'))
		expect(events.length).toBeGreaterThan(2)
		const ids = new Set(events.map((line) => textAt(JSON.parse(line.slice(6)), 'id')))
		expect([...ids]).toEqual([expect.stringMatching(uuid)])
	},
	'a client that disconnects from a stream': async ({ send, leaveStream }) => {
		await leaveStream(chat, message('echo:delay 20 one two three four five six', { user: 'leaver', stream: true }))
		await eventually('part of the answer in the history', async () => {
			const [conversation] = Object.values(Object((await send(history('leaver'))).body))
			const answer = listAt(conversation, 'messages')[1]
			return answer !== undefined && textAt(answer, 'content').startsWith('one')
		})
	},
	'two requests at the same time in one conversation': async ({ send }) => {
		const id = textAt((await send(chat, { body: message('a', { user: 'twice' }) })).body, 'id')
		const turns = ['echo:delay 20 first x', 'echo:delay 20 second x'].map((text) =>
			send(chat, { body: message(text, { user: 'twice', id }) }),
		)
		expect((await Promise.all(turns)).map(({ status }) => status)).toEqual([200, 200])
		const exported = JSON.stringify((await send(`/v1/conversations/${id}/export`)).body)
		for (const text of ['first x', 'second x']) expect(exported).toContain(text)
	},
	'`tools`': async ({ send, sent }) => {
		const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]
		const { body } = await send(chat, { body: message('echo:tool look {}', { tools }) })
		expect(body).toMatchObject({ choices: [{ message: { tool_calls: [{ function: { name: 'look' } }] } }] })
		await send(chat, { body: message('a', { model: 'shown', tools }) })
		expect(sent()).not.toHaveProperty('tool_choice')
	},
	'`/v1/files`, `/v1/collections`': async ({ send }) => {
		for (const path of ['/files/x', '/collections']) {
			expect((await send(`/albert/v1${path}`)).status).toBe(410)
			expect((await send(`/v1${path}`)).status).toBe(404)
		}
	},
	'a server without keys': async ({ send }) => {
		expect((await send(chat, { body: message('a'), key: '' })).status).toBe(403)
	},
	'deletion of history': async ({ send }) => {
		const id = textAt((await send(chat, { body: message('a', { user: 'gone' }) })).body, 'id')
		expect((await send(`/v1/conversations/${id}`, { method: 'DELETE' })).status).toBe(200)
		expect((await send(history('gone'))).body).toEqual({})
	},
}
