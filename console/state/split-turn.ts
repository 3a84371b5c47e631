// Turns of messages that a client has added, such as imported ones: their answers are inputs of the turn, which may have several
// questions and answers. They are shown like turns that a model has answered.

import type { ExportedMessage, ExportedTurn } from '../api/conversations.ts'

/** One turn for each question with its answer. The last one has the id of the turn. */
export function splitTurn(turn: ExportedTurn, messages: ReadonlyMap<string, ExportedMessage>): readonly ExportedTurn[] {
	const isAnswer = (id: string | undefined) => id !== undefined && messages.get(id)?.message.role === 'assistant'
	if (!turn.inputs.some(isAnswer)) return [turn.model === '' && turn.answers.length === 0 ? unanswered(turn) : turn]
	const pieces: { readonly question: string[]; answer: string | undefined }[] = []
	for (const id of turn.inputs) {
		const last = pieces.at(-1)
		if (last === undefined || last.answer !== undefined) pieces.push({ question: [], answer: undefined })
		const piece = pieces.at(-1)
		if (piece === undefined) continue
		if (isAnswer(id)) piece.answer = id
		else piece.question.push(id)
	}
	let { parent } = turn
	return pieces.map(({ question, answer }, index): ExportedTurn => {
		const own = index === pieces.length - 1
		const answers = answer === undefined ? (own ? turn.answers : []) : [{ message: answer, finish_reason: 'stop' }]
		const piece = { ...turn, id: own ? turn.id : `${turn.id}.${index}`, parent, inputs: question, answers }
		parent = answer ?? question.at(-1) ?? parent
		return answers.length === 0 ? unanswered(piece) : own && answer === undefined ? piece : { ...piece, usage: null }
	})
}

/** No model has answered. */
const unanswered = (turn: ExportedTurn): ExportedTurn =>
	turn.state === 'completed' ? { ...turn, state: 'cancelled' } : turn
