// A `response.create` message of a WebSocket, with the turns of its connection. OpenAI's WebSocket mode holds the newest
// response of a connection in memory, so that a response that is not stored can be continued on its connection. It is
// dropped when another one follows on the same `stream_id`, when a continuation fails, and with the connection.
// https://developers.openai.com/api/docs/guides/websocket-mode

import type { JsonObject } from '../../chat/json.ts'
import type { ConnectionTurns, RecentTurn } from '../../conversations/recent-turns.ts'
import type { TurnId } from '../../conversations/turn-id.ts'
import { readResponseId } from '../../wire/openai/responses/response-writer.ts'
import type { TurnHolder } from '../call.ts'
import type { SocketMessage } from '../dialect.ts'

export class ResponseMessage implements SocketMessage {
	/** Body of a POST /responses that streams. */
	readonly body: JsonObject
	readonly lane: string | undefined
	/** The turn that the request continues, if its id is valid. */
	private readonly previous: TurnId | undefined
	private readonly turns: ConnectionTurns

	constructor({ body, stream }: { readonly body: JsonObject; readonly stream?: string }, turns: ConnectionTurns) {
		const { previous_response_id: previous } = body
		this.body = body
		this.lane = stream
		this.turns = turns
		this.previous = typeof previous === 'string' ? readResponseId(previous) : undefined
	}

	/** The turn that the request continues, if this connection holds it. */
	get continued(): RecentTurn | undefined {
		return this.previous === undefined ? undefined : this.turns.find(this.previous)
	}

	fail(): void {
		if (this.previous !== undefined) this.turns.drop(this.previous)
	}

	/**
	 * Holds the turn of the request if it completes.
	 *
	 * @param unsaved what the turn follows, with its input; undefined if the turn is stored.
	 */
	holder(unsaved: Pick<RecentTurn, 'origin' | 'messages'> | undefined): TurnHolder {
		return {
			complete: (id, answer) => {
				if (unsaved === undefined) return this.turns.hold(this.lane, undefined)
				const { origin, messages } = unsaved
				this.turns.hold(this.lane, { id, origin, messages: answer === undefined ? messages : [...messages, answer] })
			},
			fail: () => this.fail(),
		}
	}
}
