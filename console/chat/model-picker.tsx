// The button that names the model, and the list to choose another. A change applies to the next question.

import { ChevronDown } from 'lucide'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { keyName } from '../parts/key-name.ts'
import { Popover } from '../parts/popover.tsx'
import { chooseModel, model } from '../state/models.ts'
import { HealthDot } from './health-dot.tsx'
import { ModelList } from './model-list.tsx'

export function ModelPicker() {
	const words = text.value
	const current = model.value
	return (
		<Popover
			label={words.chooseModel}
			role="dialog"
			align="center"
			button={(attributes) => (
				<button
					type="button"
					class="model-button"
					{...attributes}
					disabled={current === undefined}
					title={current === undefined ? undefined : `${current.id} (${keyName('Ctrl ,')})`}
				>
					<HealthDot model={current} />
					<span>{current?.id ?? words.model}</span>
					<Icon node={ChevronDown} />
				</button>
			)}
		>
			{(close) => (
				<ModelList
					current={current?.id}
					onChoose={(id) => {
						chooseModel(id)
						close()
					}}
				/>
			)}
		</Popover>
	)
}
