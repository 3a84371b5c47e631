// Instructions and parameters of the conversation's requests.

import { useId } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { formatNumber } from '../languages/languages.ts'
import { SidePanel } from '../parts/side-panel.tsx'
import {
	type ConversationOptions,
	efforts,
	isDefault,
	numberWithin,
	type RequestOptions,
	ranges,
} from '../state/request-options.ts'

export function ParametersPanel({ options }: { readonly options: ConversationOptions }) {
	const words = text.value
	const current = options.value.value
	const effortNames = {
		none: words.effortNone,
		low: words.effortLow,
		medium: words.effortMedium,
		high: words.effortHigh,
	}
	return (
		<SidePanel title={words.parameters}>
			<div class="panel-form">
				<label class="field">
					<span class="label">{words.instructions}</span>
					<textarea
						class="input"
						rows={6}
						value={current.instructions}
						onInput={({ currentTarget: { value } }) => options.change({ instructions: value })}
					/>
					<span class="help">{words.instructionsHelp}</span>
				</label>
				<NumberField
					options={options}
					name="temperature"
					label={words.temperature}
					help={words.temperatureHelp}
					slider
				/>
				<NumberField options={options} name="topP" label={words.topP} help={words.topPHelp} slider />
				<NumberField
					options={options}
					name="maxOutputTokens"
					label={words.maxOutputTokens}
					help={words.maxOutputTokensHelp}
				/>
				<label class="field">
					<span class="label">{words.effort}</span>
					<select
						class="input"
						value={current.effort ?? ''}
						onChange={({ currentTarget: { value } }) =>
							options.change({ effort: efforts.find((effort) => effort === value) })
						}
					>
						<option value="">{words.modelDefault}</option>
						{efforts.map((effort) => (
							<option key={effort} value={effort}>
								{effortNames[effort]}
							</option>
						))}
					</select>
				</label>
				<p class="muted">{words.parametersScope}</p>
				<div>
					<button type="button" class="button" disabled={isDefault(current)} onClick={() => options.reset()}>
						{words.resetParameters}
					</button>
				</div>
			</div>
		</SidePanel>
	)
}

interface NumberFieldProps {
	readonly options: ConversationOptions
	readonly name: keyof typeof ranges & keyof RequestOptions
	readonly label: string
	readonly help: string
	readonly slider?: boolean
}

/** A number that may be empty: then the model's default applies. */
function NumberField({ options, name, label, help, slider = false }: NumberFieldProps) {
	const id = useId()
	const words = text.value
	const { least, most, step } = ranges[name]
	const value = options.value.value[name]
	const change = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
		options.change({ [name]: currentTarget.value === '' ? undefined : numberWithin(name, currentTarget.valueAsNumber) })
	return (
		<div class="field">
			<label class="label" for={id}>
				{label}
			</label>
			<div class="number-row">
				{slider && (
					<input
						type="range"
						aria-label={label}
						aria-valuetext={value === undefined ? words.modelDefault : formatNumber(value, 2)}
						class={value === undefined ? 'unset' : ''}
						min={least}
						max={most}
						step={step}
						value={value ?? (least + most) / 2}
						onInput={change}
					/>
				)}
				<input
					id={id}
					class="input"
					type="number"
					min={least}
					max={most}
					step={slider ? 'any' : step}
					placeholder={words.modelDefault}
					value={value ?? ''}
					onInput={change}
				/>
			</div>
			<span class="help">{help}</span>
		</div>
	)
}
