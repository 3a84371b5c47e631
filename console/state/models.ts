// The models of the server, and the one that answers the next question.

import { computed, signal } from '@preact/signals'
import { type ListedModel, listChatModels } from '../api/models.ts'
import { loadService, recommended } from './service.ts'
import { session } from './session.ts'
import { thisDevice } from './storage.ts'

export const models = signal<readonly ListedModel[] | undefined>(undefined)

const chosen = signal(thisDevice.read('model'))

const findModel = (id: string | undefined) => models.value?.find((one) => one.id === id)

/** The person's model if the server still has it, or else the first one that is recommended or listed; undefined if there is none. */
export const model = computed<ListedModel | undefined>(
	() => [chosen.value, ...recommended.value].map(findModel).find((one) => one !== undefined) ?? models.value?.[0],
)

export function chooseModel(id: string): void {
	chosen.value = id
	thisDevice.write('model', id)
}

/** Pause between two looks at a model that has a note. */
const noteMs = 2000

/**
 * Reads the list with the recommended models, and the list again as long as a model has a note.
 *
 * @throws ServerError | ConnectionLost for the first time.
 */
export async function loadModels(key?: string): Promise<void> {
	const [listed] = await Promise.all([listChatModels(key), loadService(key ?? session.peek().key)])
	models.value = listed
	watchNotes()
}

let timer: ReturnType<typeof setTimeout> | undefined

function watchNotes(): void {
	clearTimeout(timer)
	if (models.value?.every(({ note }) => note === undefined) !== false) return
	timer = setTimeout(() => {
		// The next look may succeed.
		listChatModels().then(
			(listed) => {
				models.value = listed
				watchNotes()
			},
			() => watchNotes(),
		)
	}, noteMs)
}
