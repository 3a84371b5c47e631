// The playground: a chat with any model of this server, streamed. It is a client of the API like any other, with the user's key.

import { ConnectionLost, listModels, Refused, streamChat } from './api.js'
import { addChunk, finish, messagesFor, newAnswer, newConversation } from './conversation.js'
import { ExchangeView } from './exchange-view.js'
import { Follower } from './follow.js'
import { isOnDevice, rememberedKey, rememberInTab, rememberOnDevice, takeKeyFromAddress } from './sign-in.js'
import { thisTab } from './storage.js'

// First, so that the key is removed from the address as early as possible.
const linkKey = takeKeyFromAddress()

/** Models that can chat, by the `type` that the server reports. */
const chatTypes = ['text-generation', 'image-text-to-text']
/** Interval between requests for a list of models that will change, in milliseconds. */
const pollMs = 3000

const element = (id) => document.getElementById(id)
const [page, key, remember, model, note, turns, ask, text, send, stop] = [
	'page',
	'key',
	'remember',
	'model',
	'note',
	'turns',
	'ask',
	'text',
	'send',
	'stop',
].map(element)

const follower = new Follower(page, turns)
let models = []
/** Counts requests for the list, so that the response to an outdated one is ignored. */
let loads = 0
let poll
let conversation = newConversation()
/** The request in flight of each conversation. A new conversation does not wait for that of an old one. */
const runs = new WeakMap()

window.addEventListener('hashchange', () => signInWith(takeKeyFromAddress()))
window.addEventListener('pagehide', save)
key.addEventListener('change', () => {
	if (remember.checked) rememberOnDevice(key.value.trim())
	signInWith(key.value.trim())
})
remember.addEventListener('change', () => rememberOnDevice(remember.checked ? key.value.trim() : ''))
model.addEventListener('change', () => {
	thisTab.write('model', model.value)
	showNote()
})
element('clear').addEventListener('click', clear)
stop.addEventListener('click', (event) => {
	// The second half of a double click on Send.
	if (event.detail < 2) stopRun()
})
document.addEventListener('keydown', (event) => {
	if (event.key === 'Escape' && !event.isComposing) stopRun()
})
ask.addEventListener('submit', (event) => {
	event.preventDefault()
	submit()
})
turns.addEventListener('click', ({ target }) => {
	// The opened details grow downwards and would scroll out of view if the end were followed.
	if (target.closest('summary') && !runs.has(conversation)) follower.stay()
})
text.addEventListener('keydown', (event) => {
	const pages = { PageUp: -1, PageDown: 1 }[event.key]
	// The text box is outside of the conversation, so the browser would not scroll it.
	if (pages !== undefined && text.scrollHeight <= text.clientHeight) page.scrollBy(0, pages * 0.9 * page.clientHeight)
	if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
	event.preventDefault()
	submit()
})

restore()
signInWith(linkKey ?? rememberedKey())

/** Signs this tab in. A link does not change the key of the device, because the link may come from someone else. */
function signInWith(value) {
	if (value === undefined) return
	key.value = value
	rememberInTab(value)
	remember.checked = isOnDevice(value)
	models = []
	loadModels()
}

async function loadModels() {
	clearTimeout(poll)
	const load = ++loads
	const value = key.value.trim()
	if (value === '') {
		showModels([])
		notify('Paste an API key, or open the link that the server printed at its first start.')
		return
	}
	let failure
	const listed = await listModels(value).catch((thrown) => {
		failure = thrown
		return []
	})
	if (load !== loads) return
	const refused = failure instanceof Refused && failure.status < 500
	if (failure === undefined) showModels(listed.filter(({ type }) => type === undefined || chatTypes.includes(type)))
	else if (refused || models.length === 0) showModels([])
	if (failure !== undefined) notify(failure.message)
	if (!refused && (failure !== undefined || models.some((one) => one.note !== undefined)))
		poll = setTimeout(loadModels, pollMs)
}

function showModels(chatModels) {
	const ids = chatModels.map(({ id }) => id)
	const chosen = model.value || thisTab.read('model')
	// An open list closes if its options are replaced.
	if (ids.join('\n') !== Array.from(model.options, ({ value }) => value).join('\n')) {
		model.replaceChildren(...ids.map((id) => new Option(id, id)))
		if (ids.includes(chosen)) model.value = chosen
	}
	if (models.length === 0 && ids.length > 0 && document.activeElement === document.body) text.focus()
	models = chatModels
	model.disabled = send.disabled = ids.length === 0
	showNote()
}

function showNote() {
	if (models.length === 0) notify('No model of this server can chat.')
	else notify(models.find(({ id }) => id === model.value)?.note ?? '')
}

function notify(words) {
	if (note.textContent !== words) note.textContent = words
	note.hidden = words === ''
}

function clear() {
	if (conversation.exchanges.length > 0 && !confirm('Start a new chat? This conversation will be deleted.')) return
	runs.get(conversation)?.abort()
	conversation = newConversation()
	turns.replaceChildren()
	save()
	showControls()
	text.focus()
}

function submit() {
	const question = text.value.trim()
	if (question === '' || runs.has(conversation) || send.disabled) return
	text.value = ''
	const exchange = { question, answer: newAnswer(model.value) }
	conversation.exchanges.push(exchange)
	run(conversation, exchange, show(exchange))
}

/** Retries the question of an earlier exchange with the selected model. */
function retry(exchange, view) {
	if (runs.has(conversation) || send.disabled) return
	exchange.answer = newAnswer(model.value)
	view.restart()
	run(conversation, exchange, view)
	text.focus()
}

function show(exchange) {
	const view = new ExchangeView(exchange, retry)
	turns.append(view.element)
	return view
}

/** Streams the answer of `exchange`. It only changes the conversation in which it was started. */
async function run(own, exchange, view) {
	const { answer } = exchange
	const controller = new AbortController()
	runs.set(own, controller)
	save()
	showControls()
	follower.toEnd()
	const body = { model: answer.model, messages: messagesFor(own, exchange), stream: true }
	try {
		for await (const chunk of streamChat(key.value.trim(), body, controller.signal)) {
			addChunk(answer, chunk)
			view.changed()
		}
		finish(answer)
	} catch (failure) {
		if (controller.signal.aborted) answer.end = 'stopped'
		else if (!(failure instanceof ConnectionLost)) Object.assign(answer, { end: 'failed', error: failure.message })
		else if (answer.finish === undefined) answer.end = 'lost'
		else finish(answer)
		controller.abort()
	}
	runs.delete(own)
	view.changed()
	if (own !== conversation) return
	save()
	showControls()
}

function stopRun() {
	if (!runs.has(conversation)) return
	runs.get(conversation).abort()
	text.focus()
}

/** While a request is in flight, Stop replaces Send. */
function showControls() {
	const running = runs.has(conversation)
	const focused = document.activeElement
	send.hidden = running
	stop.hidden = !running
	// Hiding a focused button would move the focus to the document.
	if (focused === send) stop.focus()
	else if (focused === stop) text.focus()
}

function save() {
	thisTab.write('conversation', conversation)
}

/** The conversation of this tab, after a reload. */
function restore() {
	conversation = thisTab.read('conversation') ?? conversation
	for (const exchange of conversation.exchanges) {
		exchange.answer.end ??= 'lost'
		show(exchange)
	}
	follower.toEnd()
}
