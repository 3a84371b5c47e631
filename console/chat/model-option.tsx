// One model in the list of models: its state, name and facts, what it can do, and its price.

import { Check, Image, Lightbulb, Wrench } from 'lucide'
import { type ListedModel, readsPictures } from '../api/models.ts'
import { formatMoney, formatNumber, text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { HealthDot } from './health-dot.tsx'

export interface ModelOptionProps {
	readonly model: ListedModel
	readonly isCurrent: boolean
	/** Among all options, from 0. */
	readonly position: number
	/** Of all options. */
	readonly count: number
	readonly onChoose: (id: string) => void
}

export function ModelOption({ model, isCurrent, position, count, onChoose }: ModelOptionProps) {
	const { id, health = '' } = model
	return (
		<button
			type="button"
			class={`model-option ${health}`}
			role="menuitemradio"
			aria-checked={isCurrent}
			aria-posinset={position + 1}
			aria-setsize={count}
			data-position={position}
			onClick={() => onChoose(id)}
		>
			<HealthDot model={model} />
			<b title={id}>{id}</b>
			<Abilities model={model} />
			<Clause model={model} />
			<Price model={model} />
			{isCurrent && <Icon node={Check} />}
		</button>
	)
}

/** The reason if it is unavailable, or else its context and its speed. */
function Clause({ model: { health, note, max_context_length: context, speed } }: Pick<ModelOptionProps, 'model'>) {
	const words = text.value
	const state =
		note ??
		(health === 'none' ? words.modelUnavailable : undefined) ??
		(health === 'limited' ? words.modelLimited : undefined)
	const facts = [
		typeof context === 'number' ? words.context(roundTokens(context)) : undefined,
		speed === undefined ? undefined : words.tokensPerSecond(formatNumber(speed, speed < 10 ? 1 : 0)),
	].filter((fact) => fact !== undefined)
	return (
		<span class="muted" title={state ?? (speed === undefined ? undefined : words.speedHelp)}>
			{state ?? facts.join(', ')}
		</span>
	)
}

/** 32,768 as `32k`, 100,000 as `100k`. */
function roundTokens(tokens: number): string {
	if (tokens < 1000) return formatNumber(tokens)
	return `${formatNumber(tokens % 1024 === 0 ? tokens / 1024 : tokens / 1000)}k`
}

function Abilities({ model }: Pick<ModelOptionProps, 'model'>) {
	const words = text.value
	const has = (capability: 'tools' | 'reasoning') => model.capabilities?.includes(capability) === true
	const shown = [
		readsPictures(model) ? ([Image, words.readsPictures] as const) : undefined,
		has('tools') ? ([Wrench, words.callsTools] as const) : undefined,
		has('reasoning') ? ([Lightbulb, words.thinksFirst] as const) : undefined,
	].filter((one) => one !== undefined)
	return (
		<span class="icons">
			{shown.map(([node, label]) => (
				<span key={label} role="img" aria-label={label} title={label}>
					<Icon node={node} />
				</span>
			))}
		</span>
	)
}

function Price({ model: { costs } }: Pick<ModelOptionProps, 'model'>) {
	const words = text.value
	if (costs === undefined) return null
	const { prompt_tokens: input, completion_tokens: output, currency } = costs
	return (
		<span class="muted price">
			{input === 0 && output === 0
				? words.free
				: words.pricePerMillion(formatMoney(input, currency), formatMoney(output, currency))}
		</span>
	)
}
