// Results of calls of tools that the client runs. The item itself is stored, and returned unchanged; models receive the
// texts and images that it contains.

import { ChatError } from '../../../chat/error.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { ImagePart, TextPart, ToolMessage } from '../../../chat/message.ts'
import { field, listField, textField } from '../../json/fields.ts'
import { writePath } from '../../json/schema-issue.ts'
import { responsesWire } from '../formats.ts'
import type { ClientOutputType } from './client-tools.ts'
import { type Location, parseAt } from './content-reader.ts'
import { clientOutputItems } from './item-schema.ts'
import { flatNames } from './tool-name.ts'

/**
 * @returns undefined if the item does not name its call.
 * @throws ChatError `invalid-request` for an invalid item, `unsupported` for a screenshot that is a stored file.
 */
export function readClientOutput(type: ClientOutputType, item: unknown, at: Location): ToolMessage | undefined {
	switch (type) {
		case 'shell_call_output': {
			const { call_id: id, output } = parseAt(clientOutputItems[type], item, at)
			return result(id, item, [{ type: 'text', text: typeof output === 'string' ? output : describeRuns(output) }])
		}
		case 'local_shell_call_output': {
			const { call_id, id, output } = parseAt(clientOutputItems[type], item, at)
			const called = call_id ?? id
			return called == null ? undefined : result(called, item, [{ type: 'text', text: output }])
		}
		case 'apply_patch_call_output': {
			const { call_id: id, status, output } = parseAt(clientOutputItems[type], item, at)
			const failed = status === 'failed'
			const text = output || (failed ? 'The file was not changed.' : 'Done.')
			return { ...result(id, item, [{ type: 'text', text }]), isError: failed ? true : undefined }
		}
		case 'computer_call_output': {
			const { call_id: id, output } = parseAt(clientOutputItems[type], item, at)
			if (output.image_url == null)
				throw new ChatError(
					'unsupported',
					'Screenshots must be passed by URL or inline: this server stores no files.',
					{ param: writePath([...at.path, 'output', 'image_url']), code: 'unsupported_value' },
				)
			return result(id, item, [{ type: 'image', url: output.image_url }])
		}
		case 'tool_search_output': {
			const { call_id: id, tools } = parseAt(clientOutputItems[type], item, at)
			return result(id, item, [{ type: 'text', text: describeFound(flatNames(tools)) }])
		}
		default:
			return type satisfies never
	}
}

/** @param item of parsed JSON. */
function result(callId: string, item: unknown, parts: readonly (TextPart | ImagePart)[]): ToolMessage {
	const substitute = { parts, lost: lostFields(item) }
	return {
		role: 'tool',
		callId,
		content: [{ type: 'provider-item', wire: responsesWire, item: item as JsonObject, substitute }],
	}
}

/** The fields that models receive nothing of. */
function lostFields(item: unknown): readonly string[] {
	const names: string[] = []
	if (textField(field(item, 'caller'), 'type') === 'program') names.push('caller')
	if (listField(item, 'acknowledged_safety_checks').length > 0) names.push('acknowledged_safety_checks')
	if (field(item, 'max_output_length') != null) names.push('max_output_length')
	return names
}

interface Run {
	readonly stdout?: string | null | undefined
	readonly stderr?: string | null | undefined
	readonly outcome?: { readonly type: string; readonly exit_code?: number | null | undefined } | null | undefined
}

function describeRuns(runs: readonly Run[]): string {
	return runs.map(describeRun).join('\n\n')
}

function describeRun({ stdout, stderr, outcome }: Run): string {
	const lines = [outcome?.type === 'timeout' ? 'Timed out' : `Exit code: ${outcome?.exit_code ?? 'unknown'}`]
	if (stdout) lines.push(`Output:\n${stdout}`)
	if (stderr) lines.push(`Error output:\n${stderr}`)
	return lines.join('\n')
}

function describeFound(names: readonly string[]): string {
	return names.length === 0 ? 'No tools were found.' : `These tools can be called now: ${names.join(', ')}.`
}
