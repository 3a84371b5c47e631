// One part of each type with all of its fields, for tests of what reads, writes or folds parts. A new type or field does
// not compile until it is here.

import type { AssistantPart, FilePart, Part, Signature } from './message.ts'
import type { EveryField } from './request.ts'
import type { Rest } from './rest.ts'

type Samples<Sampled extends Part> = {
	readonly [Type in Sampled['type']]: EveryField<Extract<Sampled, { readonly type: Type }>>
}

/** Parts without cache marks. @param wire the wire that rests, signatures and provider items belong to. */
export function partSamples(wire: string): Samples<AssistantPart> & Samples<FilePart> {
	const rest: Rest = { wire, fields: { sample_field: { list: [1] } } }
	const signature: Signature = { wire, value: 'c2FtcGxl', origin: 'host model' }
	const cacheMark = undefined
	return {
		text: { type: 'text', text: 'It is fine.', cacheMark, rest },
		reasoning: { type: 'reasoning', text: 'Let me see.', signature, encrypted: undefined, rest },
		'tool-call': {
			type: 'tool-call',
			kind: 'function',
			id: 'call_1',
			name: 'look_up',
			arguments: '{"id":12345678901234567890}',
			signature,
			cacheMark,
			rest,
		},
		refusal: { type: 'refusal', text: 'I would rather not.', rest },
		image: { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low', cacheMark, rest },
		audio: { type: 'audio', data: 'AA==', format: 'wav', rest },
		file: {
			type: 'file',
			id: 'file_1',
			name: 'a.pdf',
			data: 'data:application/pdf;base64,AA==',
			url: 'https://files.test/a.pdf',
			cacheMark,
			rest,
		},
		'provider-item': {
			type: 'provider-item',
			wire,
			item: { type: 'sample_item', id: 'item_1' },
			substitute: { parts: [{ type: 'text', text: 'Sample.' }], lost: ['id'] },
		},
	}
}
