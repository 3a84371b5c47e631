// Writes the parts of a chat message's content. Content of a single text is written as a string, which every server
// accepts; not every server accepts a list.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type {
	CacheMark,
	ImagePart,
	ReasoningPart,
	RefusalPart,
	TextPart,
	ToolPart,
	UserPart,
} from '../../chat/message.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { restFor } from '../../chat/rest.ts'
import { mapInSteps } from '../../system/resumable.ts'
import { writeCacheMark } from './cache-marks.ts'
import type { FormFor } from './chat-request-form.ts'
import { openaiWire } from './formats.ts'
import { withRest } from './nested-rest.ts'

type PartsForm = FormFor<'messages' | 'messages-and-tools'>

export function writeContent(
	parts: readonly (UserPart | ToolPart)[],
	form: PartsForm,
	drop: Drop,
): string | readonly JsonObject[] {
	if (areTexts(parts)) return writeTexts(parts, form, drop)
	return mapInSteps(parts, 'content', (part) => writePart(part, form, drop))
}

function areTexts(parts: readonly (UserPart | ToolPart)[]): parts is readonly TextPart[] {
	return parts.every((part) => part.type === 'text')
}

export function writeTexts(parts: readonly TextPart[], form: PartsForm, drop: Drop): string | readonly JsonObject[] {
	const [first, second] = parts
	if (first === undefined) return ''
	if (form.textContent === 'string') {
		for (const part of parts) reportOwnFields(part, drop)
		return parts.map(({ text }) => text).join('\n')
	}
	if (second === undefined && first.cacheMark === undefined && first.rest === undefined) return first.text
	const written = mapInSteps(parts, 'texts', (part) => writeText(part, form, drop))
	return second === undefined && written.every(isBareText) ? first.text : written
}

function isBareText(part: JsonObject): boolean {
	return Object.keys(part).length === 2
}

/** The fields of a part that a string cannot express. */
function reportOwnFields(part: TextPart, drop: Drop): void {
	if (part.cacheMark !== undefined && !isOnMessage(part.cacheMark)) drop('cache_control')
	for (const name of Object.keys(restFor(openaiWire, part.rest))) drop(name)
}

function isOnMessage(mark: CacheMark): boolean {
	return typeof mark !== 'string' && mark.level === 'message'
}

export function writeText({ text, cacheMark, rest }: TextPart, form: PartsForm, drop: Drop): JsonObject {
	return withRest({ type: 'text', text, ...writeCacheMark(cacheMark, undefined, form, drop) }, rest)
}

export function writeImage({ url, detail, cacheMark, rest }: ImagePart, form: PartsForm, drop: Drop): JsonObject {
	const mark = writeCacheMark(cacheMark, undefined, form, drop)
	return withRest({ type: 'image_url', image_url: { url, detail }, ...mark }, rest)
}

export function writeRefusal({ text, rest }: RefusalPart): JsonObject {
	return withRest({ type: 'refusal', refusal: text }, rest)
}

/** Reasoning as a content part in Mistral's form. The rest has the whole list if it contains more than text. */
export function writeThinking({ text, rest }: ReasoningPart): JsonObject {
	const { thinking = [{ type: 'text', text }] } = restFor(openaiWire, rest)
	return withRest({ type: 'thinking', thinking }, rest)
}

function writePart(part: UserPart | ToolPart, form: PartsForm, drop: Drop): JsonObject {
	switch (part.type) {
		case 'text':
			return writeText(part, form, drop)
		case 'image':
			return writeImage(part, form, drop)
		case 'audio':
			return withRest({ type: 'input_audio', input_audio: { data: part.data, format: part.format } }, part.rest)
		case 'file': {
			if (part.url !== undefined)
				throw new ChatError('unsupported', 'This model accepts files inline or by id, not by URL.', {
					param: 'messages',
				})
			const file = { file_id: part.id, filename: part.name, file_data: part.data }
			return withRest({ type: 'file', file, ...writeCacheMark(part.cacheMark, undefined, form, drop) }, part.rest)
		}
		case 'provider-item':
			return part.item
		default:
			return part satisfies never
	}
}
