// The request of an answer as a program, in each dialect and three languages, and what the dialect carries. Loaded when it is
// first opened.

import { useState } from 'preact/hooks'
import { useSentFields } from '../chat/sent-fields.ts'
import { type CodeDialect, codeDialects, dialectForms } from '../code/code-dialects.ts'
import { readCodeRequest } from '../code/code-request.ts'
import { type Carried, listCarried } from '../code/fidelity.ts'
import { type CodeLanguage, codeLanguages, writeSnippet } from '../code/snippets.ts'
import { text } from '../languages/all-sentences.ts'
import { CodeBlock } from '../markdown/code-block.tsx'
import { Segmented } from '../parts/segmented.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { Answer } from '../state/answer.ts'
import type { Chat } from '../state/chat.ts'
import { model } from '../state/models.ts'
import { proposedKeyName } from '../state/proposed-key.ts'
import { fieldsOf } from '../state/request-options.ts'
import { addressOf, root } from '../state/route.ts'
import { codeTurn } from '../state/side-panel.ts'
import { thisDevice } from '../state/storage.ts'
import { type PageTurn, writeQuestion } from '../state/turn-tree.ts'

const languageTitles: Readonly<Record<CodeLanguage, string>> = {
	curl: 'curl',
	python: 'Python',
	typescript: 'TypeScript',
}
const highlighted: Readonly<Record<CodeLanguage, string>> = { curl: 'bash', python: 'python', typescript: 'typescript' }

export function CodePanel({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const tree = chat.tree.value
	const turn = tree.find(codeTurn.value) ?? chat.path.value.at(-1)
	return (
		<SidePanel title={words.sameRequestAsCode}>
			{turn === undefined ? <CodeOfExample chat={chat} /> : <CodeOfTurn path={tree.path(turn)} turn={turn} />}
		</SidePanel>
	)
}

/** Before the first question: what an example would send with the parameters of the conversation. */
function CodeOfExample({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const turn: PageTurn = {
		id: '',
		parent: undefined,
		last: undefined,
		model: model.value?.id ?? '',
		createdAtMs: 0,
		question: writeQuestion({ text: words.codeExampleQuestion }),
		answer: new Answer({ type: 'waiting' }),
		options: fieldsOf(chat.options.value.value),
		clientId: undefined,
		continues: undefined,
	}
	return (
		<>
			<p class="muted">{words.codeOfExample}</p>
			<CodeOfTurn path={[turn]} turn={turn} />
		</>
	)
}

function CodeOfTurn({ path, turn }: { readonly path: readonly PageTurn[]; readonly turn: PageTurn }) {
	const words = text.value
	const [dialect, setDialect] = useState(() => remembered('code-dialect', codeDialects))
	const [language, setLanguage] = useState(() => remembered('code-language', codeLanguages))
	const [stream, setStream] = useState(true)
	const fields = useSentFields(turn)
	if (fields === undefined) return null
	const request = readCodeRequest(path, fields, stream)
	const { code, install } = writeSnippet(dialect, language, request, root.href)
	return (
		<div class="code-view">
			<Segmented
				label={words.dialect}
				choices={codeDialects.map((value) => ({ value, label: dialectForms[value].title }))}
				value={dialect}
				onChange={(value) => {
					setDialect(value)
					thisDevice.write('code-dialect', value)
				}}
			/>
			<div class="code-choices">
				<Segmented
					label={words.programmingLanguage}
					choices={codeLanguages.map((value) => ({ value, label: languageTitles[value] }))}
					value={language}
					onChange={(value) => {
						setLanguage(value)
						thisDevice.write('code-language', value)
					}}
				/>
				<label class="check">
					<input type="checkbox" checked={stream} onChange={() => setStream(!stream)} />
					{words.streamed}
				</label>
			</div>
			{install !== undefined && <p class="install">{install}</p>}
			<CodeBlock language={highlighted[language]} code={shorten(code)} copied={code} open={false} />
			<a
				class="button small"
				href={addressOf({ name: 'settings', section: 'keys' })}
				onClick={() => {
					proposedKeyName.value = words.newKeyName(dialectForms[dialect].title)
				}}
			>
				{words.makeKey}
			</a>
			<CarriedList dialect={dialect} />
		</div>
	)
}

/** Pictures would fill the panel. What is copied has them whole. */
const shorten = (code: string): string => code.replace(/([A-Za-z0-9+/=]{40})[A-Za-z0-9+/=]{80,}/g, '$1…')

function CarriedList({ dialect }: { readonly dialect: CodeDialect }) {
	const words = text.value
	const { title } = dialectForms[dialect]
	const value = (carried: Carried) => {
		switch (carried.type) {
			case 'same':
			case 'carried':
				return words.sameMeaning
			case 'renamed':
				return <code>{carried.field}</code>
			case 'none':
				return words.noEquivalent(title)
		}
		carried satisfies never
	}
	return (
		<section>
			<h3>{words.whatDialectCarries}</h3>
			<dl class="carried">
				<div>
					<dt>{words.carriedMessages}</dt>
					<dd>{words.sameMeaning}</dd>
				</div>
				<div>
					<dt>{words.carriedBranch}</dt>
					<dd>
						<code>x-dragoman-parent</code>
					</dd>
				</div>
				{listCarried(dialect).map(({ feature, carried }) => (
					<div key={feature} class={carried.type}>
						<dt>{words.carriedFeatures[feature]}</dt>
						<dd>{value(carried)}</dd>
					</div>
				))}
			</dl>
		</section>
	)
}

function remembered<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
	const stored = thisDevice.read(name)
	return choices.find((choice) => choice === stored) ?? choices[0]
}
