// The playground: a chat with any model of this server, streamed. It is a client like any other, with a key of the user's; the key
// stays in this tab.

const element = (id) => document.getElementById(id)
const [key, model, note, turns, ask, text, send, stop] = [
	'key',
	'model',
	'note',
	'turns',
	'ask',
	'text',
	'send',
	'stop',
].map(element)

/** The conversation as the API wants it. */
let messages = []
let models = []
let running

key.value = sessionStorage.getItem('key') ?? ''
key.addEventListener('change', loadModels)
model.addEventListener('change', showNote)
element('clear').addEventListener('click', clear)
stop.addEventListener('click', () => running?.abort())
ask.addEventListener('submit', (event) => {
	event.preventDefault()
	submit()
})
text.addEventListener('keydown', (event) => {
	if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
	event.preventDefault()
	submit()
})
if (key.value !== '') loadModels()
else tell('Paste the API key that the server printed at its first start.')

async function loadModels() {
	sessionStorage.setItem('key', key.value)
	try {
		const { data } = await (await request('/v1/models')).json()
		models = data
	} catch (failure) {
		models = []
		tell(failure.message)
	}
	model.replaceChildren(...models.map(({ id }) => new Option(id, id)))
	model.disabled = send.disabled = models.length === 0
	if (models.length > 0) showNote()
}

function showNote() {
	tell(models.find(({ id }) => id === model.value)?.note ?? '')
}

function tell(words) {
	note.textContent = words
	note.hidden = words === ''
}

function clear() {
	running?.abort()
	messages = []
	turns.replaceChildren()
}

async function submit() {
	const content = text.value.trim()
	if (content === '' || running !== undefined || send.disabled) return
	text.value = ''
	show('user', content)
	messages.push({ role: 'user', content })
	const turn = show('assistant', '')
	setRunning(new AbortController())
	try {
		await stream(turn)
	} catch (failure) {
		if (failure.name !== 'AbortError') turn.after(show('wrong', failure.message))
	} finally {
		if (turn.textContent === '') {
			turn.remove()
			messages.pop()
		} else messages.push({ role: 'assistant', content: turn.textContent })
		setRunning(undefined)
	}
}

/** While an answer runs, Stop stands where Send was. */
function setRunning(controller) {
	running = controller
	send.hidden = running !== undefined
	stop.hidden = running === undefined
}

async function stream(turn) {
	const body = JSON.stringify({ model: model.value, messages, stream: true })
	const response = await request('/v1/chat/completions', { method: 'POST', body, signal: running.signal })
	for await (const data of events(response.body)) {
		if (data === '[DONE]') return
		const { choices, error } = JSON.parse(data)
		if (error !== undefined) throw new Error(error.message)
		turn.textContent += choices[0]?.delta.content ?? ''
		turn.scrollIntoView({ block: 'end' })
	}
}

/** The data of each server-sent event. */
async function* events(bytes) {
	const reader = bytes.pipeThrough(new TextDecoderStream()).getReader()
	let rest = ''
	for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
		const lines = (rest + piece.value).split('\n')
		rest = lines.pop()
		for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length)
	}
}

async function request(path, options = {}) {
	const headers = { authorization: `Bearer ${key.value.trim()}`, 'content-type': 'application/json' }
	const response = await fetch(path, { ...options, headers })
	if (response.ok) return response
	const said = await response.json().catch(() => undefined)
	throw new Error(said?.error?.message ?? `The server answered ${response.status}.`)
}

function show(kind, words) {
	const turn = document.createElement('p')
	turn.className = `turn ${kind}`
	turn.textContent = words
	turns.append(turn)
	turn.scrollIntoView({ block: 'end' })
	return turn
}
