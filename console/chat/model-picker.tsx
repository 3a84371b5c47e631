// The button that names the model, and the list to choose another. A change applies to the next question.

import { Check, ChevronDown } from 'lucide'
import { formatNumber, text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { Popover } from '../parts/popover.tsx'
import { chooseModel, model, models } from '../state/models.ts'

export function ModelPicker() {
	const words = text.value
	const current = model.value
	return (
		<Popover
			label={words.chooseModel}
			align="center"
			button={(attributes) => (
				<button type="button" class="model-button" {...attributes} disabled={current === undefined} title={current?.id}>
					<span class={`dot ${current === undefined ? 'off' : ''}`} />
					<span>{current?.id ?? words.model}</span>
					<Icon node={ChevronDown} />
				</button>
			)}
		>
			{(close) =>
				models.value?.map(({ id, max_context_length }) => (
					<button
						type="button"
						class="menu-item"
						role="menuitemradio"
						aria-checked={id === current?.id}
						onClick={() => {
							chooseModel(id)
							close()
						}}
					>
						<span class="space">{id}</span>
						{typeof max_context_length === 'number' && (
							<span class="muted">{words.context(formatNumber(max_context_length))}</span>
						)}
						{id === current?.id && <Icon node={Check} />}
					</button>
				))
			}
		</Popover>
	)
}
