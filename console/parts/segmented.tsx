// Two to seven choices side by side, of which one applies: a group of radio buttons, with the arrow keys of the platform.

import { useId } from 'preact/hooks'

export interface SegmentedProps<Choice extends string> {
	readonly label: string
	readonly choices: readonly { readonly value: Choice; readonly label: string }[]
	readonly value: Choice
	readonly onChange: (value: Choice) => void
}

export function Segmented<Choice extends string>({ label, choices, value, onChange }: SegmentedProps<Choice>) {
	const name = useId()
	return (
		<fieldset class="segmented">
			<legend>{label}</legend>
			{choices.map((choice) => (
				<label key={choice.value}>
					<input type="radio" name={name} checked={choice.value === value} onChange={() => onChange(choice.value)} />
					<span>{choice.label}</span>
				</label>
			))}
		</fieldset>
	)
}
