// The fenced blocks of a page of documentation, with the marks that say how each is tested. Marks are HTML comments, which
// readers of the rendered page do not see; README.md of this folder lists them. This file only reads: it runs nothing.

/** Languages that are run unless a mark says otherwise. */
const programLanguages = { sh: 'sh', bash: 'sh', python: 'python', ts: 'ts', typescript: 'ts', js: 'ts' } as const

export type ProgramLanguage = (typeof programLanguages)[keyof typeof programLanguages]

/** What a test does with a block, or between two blocks. */
export type PageStep = { readonly line: number } & (
	| {
			readonly type: 'run'
			readonly language: ProgramLanguage
			readonly code: string
			/** `background` continues while later steps run; `repeat` runs again until the output is the expected one. */
			readonly mode: 'once' | 'background' | 'repeat'
			/** Text that a background program prints when it is ready. */
			readonly readyText: string
			readonly status: number
			/** Whether the code begins with that of the earlier blocks of its language. */
			readonly continued: boolean
			readonly output: ExpectedOutput | undefined
	  }
	| { readonly type: 'file'; readonly path: string; readonly text: string }
	/** A part of a configuration, which is only read. */
	| { readonly type: 'config'; readonly text: string }
	/** The text of a file of the repository. */
	| { readonly type: 'same'; readonly path: string; readonly text: string }
	/** Another test, or another page, covers the block: a file of the repository. */
	| { readonly type: 'elsewhere'; readonly path: string; readonly code: string }
	| { readonly type: 'skip'; readonly language: string; readonly code: string; readonly reason: string }
	/** An upstream on a free port; `origin` in the blocks of the page means its address. */
	| { readonly type: 'stand-in'; readonly origin: string; readonly model: string }
	/** Stops a stand-in by its origin, or the last background program if there is none with it. */
	| { readonly type: 'stop'; readonly target: string }
	/** `text` in the blocks of the page means `value`, in which `$NAME` is a variable of the tests. */
	| { readonly type: 'replace'; readonly text: string; readonly value: string }
)

export interface ExpectedOutput {
	readonly format: 'text' | 'json'
	readonly text: string
}

export interface DocumentedPage {
	readonly path: string
	/** Programs that the page needs: it is skipped on a machine without one of them. */
	readonly needs: readonly string[]
	readonly steps: readonly PageStep[]
}

/** Whether every block of a page needs a mark, or only its commands. */
export type MarkedBlocks = 'all' | 'commands'

interface Mark {
	readonly name: string
	readonly value: string
}

const fenceOrComment = /^(?:<!--([\s\S]*?)-->|( *)(```+)([^\n`]*)\n([\s\S]*?)^\2\3 *$)/gm

const blockMarks: ReadonlySet<string> = new Set(['run', 'not run', 'file', 'config', 'same as', 'tested by', 'output'])

/** @throws for a block that has neither a test nor a reason, and for a mark that does not exist. */
export function readPage(path: string, markdown: string, marked: MarkedBlocks = 'all'): DocumentedPage {
	const steps: PageStep[] = []
	const needs: string[] = []
	let marks: Mark[] = []
	for (const found of markdown.matchAll(fenceOrComment)) {
		const line = markdown.slice(0, found.index).split('\n').length
		const fail = (problem: string) => new Error(`${path}:${line}: ${problem}`)
		const [, comment, indent = '', , info = '', body = ''] = found
		if (comment !== undefined) {
			// A sentence for readers of the source.
			if (/^\s*[A-Z]/.test(comment)) continue
			const mark = readMark(comment)
			if (blockMarks.has(mark.name)) marks.push(mark)
			else if (mark.name === 'needs') needs.push(...mark.value.split(/,\s*/))
			else {
				const marked = readPageMark(mark, line)
				if (marked === undefined) throw fail(`there is no mark "${mark.name}"`)
				steps.push(...marked)
			}
			continue
		}
		const text = indent === '' ? body : body.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
		addBlock({ language: info.trim(), text, line, marks, marked, steps, fail })
		marks = []
	}
	if (marks.length > 0) throw new Error(`${path}: the mark "${marks[0]?.name}" has no block after it`)
	return { path, needs, steps }
}

interface Block {
	readonly language: string
	readonly text: string
	readonly line: number
	readonly marks: readonly Mark[]
	readonly marked: MarkedBlocks
	/** Receives the steps of the block. */
	readonly steps: PageStep[]
	readonly fail: (problem: string) => Error
}

function addBlock({ language, text, line, marks, marked, steps, fail }: Block): void {
	const markValue = (name: string) => marks.find((mark) => mark.name === name)?.value
	const reason = markValue('not run')
	if (reason !== undefined) {
		if (!/\w+ \w+/.test(reason))
			throw fail('a block that is not run needs a reason, as in <!-- not run: needs a GPU -->')
		steps.push({ type: 'skip', language, code: text, reason, line })
	}
	const path = markValue('file')
	if (path !== undefined) steps.push({ type: 'file', path, text, line })
	const same = markValue('same as')
	if (same !== undefined) steps.push({ type: 'same', path: same, text, line })
	const elsewhere = markValue('tested by')
	if (elsewhere !== undefined) steps.push({ type: 'elsewhere', path: elsewhere, code: text, line })
	if (markValue('config') !== undefined) steps.push({ type: 'config', text, line })
	const program = Object.entries(programLanguages).find(([name]) => name === language)?.[1]
	const run = markValue('run')
	const isRun = marks.length === 0 && (marked === 'all' || program === 'sh')
	if (run !== undefined || (program !== undefined && isRun)) {
		if (program === undefined) throw fail(`a block of "${language}" cannot be run`)
		steps.push({ type: 'run', language: program, code: text, line, output: undefined, ...readRunMark(run ?? '', fail) })
	}
	if (marks.some(({ name }) => name !== 'output')) return
	const isOutput = markValue('output') !== undefined || (marked === 'all' && /^(text|json)$/.test(language))
	if (isOutput) {
		const at = steps.findLastIndex(({ type }) => type === 'run')
		const program = steps[at]
		if (program?.type !== 'run') throw fail('an output needs a block before it that is run')
		if (program.output !== undefined) throw fail('a block that is run has one output')
		steps[at] = { ...program, output: { format: language === 'json' ? 'json' : 'text', text } }
	} else if (program === undefined && marked === 'all')
		throw fail(
			`this block of "${language}" has neither a test nor a reason: mark it, as in <!-- file: dragoman.yaml -->`,
		)
}

function readRunMark(value: string, fail: (problem: string) => Error) {
	const [, flag = '', rest = ''] = /^(\S*) ?(.*)$/.exec(value) ?? []
	const usual = { mode: 'once', readyText: 'listens on', status: 0, continued: false } as const
	switch (flag) {
		case '':
			return usual
		case 'background':
			return { ...usual, mode: 'background', ...(rest === '' ? {} : { readyText: rest }) } as const
		case 'repeat':
			return { ...usual, mode: 'repeat' } as const
		case 'continued':
			return { ...usual, continued: true }
		case 'status':
			return { ...usual, status: Number(rest) }
		default:
			throw fail(`there is no way to run a block called "${flag}"`)
	}
}

/** The mark of a comment; its name is empty if the comment is not one. */
function readMark(comment: string): Mark {
	const text = comment.trim()
	const [, name = '', value = ''] = /^([a-z][a-z -]*?)(?::\s+|\n)([\s\S]*)$/.exec(text) ?? ['', text, '']
	return { name, value: value.trim() }
}

/** The steps of a mark that belongs to no block. */
function readPageMark({ name, value }: Mark, line: number): readonly PageStep[] | undefined {
	switch (name) {
		case 'hidden run':
			return [hiddenRun(value, line)]
		case 'hidden server':
			return [
				{ type: 'file', path: hiddenConfig, text: value === '' ? echoModels : value, line },
				hiddenRun(
					`export DRAGOMAN_CONFIG="$PWD/${hiddenConfig}" DRAGOMAN_ADMIN_KEY=${hiddenKey} KEY=${hiddenKey}`,
					line,
				),
				{ ...hiddenRun('dragoman serve', line), mode: 'background' },
			]
		case 'stand-in': {
			const [origin = '', model = '*'] = value.split(/,\s*model\s+/)
			return [{ type: 'stand-in', origin, model, line }]
		}
		case 'stop':
			return [{ type: 'stop', target: value, line }]
		case 'replace': {
			const [text = '', replacement = ''] = value.split(/\s+=>\s+/)
			return [{ type: 'replace', text, value: replacement, line }]
		}
		default:
			return undefined
	}
}

const hiddenConfig = 'hidden.yaml'
const hiddenKey = 'dgm-3f9c2a7be1d84c06a5b7e2f19d0c4b68'

/** The names of models on the pages, on the echo engine. */
const echoModels = `
models:
  echo: { route: [echo], aliases: [assistant, smollm2-135m, claude] }
upstreams:
  echo: { engine: echo }
`

function hiddenRun(code: string, line: number): Extract<PageStep, { readonly type: 'run' }> {
	return {
		type: 'run',
		language: 'sh',
		code,
		mode: 'once',
		readyText: 'listens on',
		status: 0,
		continued: false,
		output: undefined,
		line,
	}
}
