// A call of a tool that the client runs while it is streamed. The model writes JSON; the client gets the commands of a
// shell and the changes of a file as they arrive, and other calls whole.

import type { JsonObject } from '../../../chat/json.ts'
import type { ToolCall } from '../../../chat/message.ts'
import { type StringPiece, StringValueReader } from '../../json/string-values.ts'
import { writeClientItem } from './call-item-writer.ts'
import { writeClientCall, writeOperation } from './client-calls.ts'
import type { ClientCallType } from './client-tools.ts'
import type { Item, ItemStatus } from './item-shape.ts'
import type { ItemEvent, OpenItem } from './open-item.ts'

/** The events of one type of call. */
interface CallProgress {
	/** Whether the fields of the item's first event are known. */
	readonly isReady: boolean
	/** The fields of the item's first event. */
	readonly opening: JsonObject
	add(piece: StringPiece): readonly ItemEvent[]
	end(): readonly ItemEvent[]
}

export class OpenClientCall implements OpenItem {
	readonly id: string
	isGrowing = true
	private readonly type: ClientCallType
	private readonly call: Pick<ToolCall, 'id' | 'rest'>
	private readonly progress: CallProgress | undefined
	private readonly reader = new StringValueReader()
	private text = ''

	constructor(id: string, type: ClientCallType, call: Pick<ToolCall, 'id' | 'rest'>) {
		this.id = id
		this.type = type
		this.call = call
		if (type === 'shell_call') this.progress = new ShellProgress()
		else if (type === 'apply_patch_call') this.progress = new PatchProgress()
	}

	get callId(): string {
		return this.call.id
	}

	get isReady(): boolean {
		return !this.isGrowing || this.progress?.isReady === true
	}

	item(status: ItemStatus): Item {
		const isOpening = status === 'in_progress' && this.progress !== undefined
		const fields = isOpening ? this.progress.opening : writeClientCall(this.type, this.text)
		return writeClientItem(this.id, this.type, this.call, fields, status)
	}

	add(fragment: string): readonly ItemEvent[] {
		this.text += fragment
		const { progress } = this
		return progress === undefined ? [] : this.reader.add(fragment).flatMap((piece) => progress.add(piece))
	}

	end(): readonly ItemEvent[] {
		if (!this.isGrowing) return []
		this.isGrowing = false
		return this.progress?.end() ?? []
	}
}

class ShellProgress implements CallProgress {
	readonly isReady = true
	readonly opening = writeClientCall('shell_call', '')
	private command: { readonly index: number; text: string } | undefined

	add({ path, text, isEnd }: StringPiece): readonly ItemEvent[] {
		const index = commandIndex(path)
		if (index === undefined) return []
		const events: ItemEvent[] = []
		if (this.command?.index !== index) {
			events.push(...this.end())
			this.command = { index, text: '' }
			events.push(commandEvent('added', { command_index: index, command: '' }))
		}
		this.command.text += text
		if (text !== '') events.push(commandEvent('delta', { command_index: index, delta: text }))
		return isEnd ? [...events, ...this.end()] : events
	}

	end(): readonly ItemEvent[] {
		if (this.command === undefined) return []
		const { index, text } = this.command
		this.command = undefined
		return [commandEvent('done', { command_index: index, command: text })]
	}
}

/** These events have no `item_id`. */
function commandEvent(name: 'added' | 'delta' | 'done', fields: JsonObject): ItemEvent {
	return [`response.shell_call_command.${name}`, { item_id: undefined, ...fields }]
}

function commandIndex([name, index, ...rest]: StringPiece['path']): number | undefined {
	if ((name !== 'commands' && name !== 'command') || rest.length > 0) return undefined
	if (index === undefined) return 0
	return typeof index === 'number' ? index : undefined
}

class PatchProgress implements CallProgress {
	/** The fields that have ended. */
	private readonly fields: Record<string, string> = {}
	private diff = ''
	private hasDiff = false
	private sent = 0

	get isReady(): boolean {
		return this.fields.type !== undefined && this.fields.path !== undefined
	}

	get opening(): JsonObject {
		return { operation: writeOperation({ ...this.fields, diff: '' }) }
	}

	add({ path, text, isEnd }: StringPiece): readonly ItemEvent[] {
		const name = path.at(-1)
		if (path.length > 2 || typeof name !== 'string') return []
		if (name === 'diff') {
			this.hasDiff = true
			this.diff += text
		} else {
			this.partial[name] = (this.partial[name] ?? '') + text
			if (isEnd) this.fields[name] = this.partial[name] ?? ''
		}
		return this.isReady ? this.delta() : []
	}

	end(): readonly ItemEvent[] {
		if (!this.hasDiff || this.fields.type === 'delete_file') return []
		return [...this.delta(), ['response.apply_patch_call_operation_diff.done', { diff: this.diff }]]
	}

	private readonly partial: Record<string, string> = {}

	private delta(): readonly ItemEvent[] {
		if (this.fields.type === 'delete_file' || this.sent === this.diff.length) return []
		const delta = this.diff.slice(this.sent)
		this.sent = this.diff.length
		return [['response.apply_patch_call_operation_diff.delta', { delta }]]
	}
}
