// Runs the cases of a wire with several workers, and collects the fields that are lost.

import type { AnswerWire } from './answer-wires.ts'
import type { FieldCase, FieldCases, JsonFields } from './field-cases.ts'
import { differs, type Finding, judge, type Verdict } from './request-verdict.ts'
import type { RequestDialect, RequestWire } from './request-wires.ts'
import { type CallSpec, enginesUnderTest, type FieldExchange, type TestedGateway } from './tested-gateway.ts'

export interface Loss {
	readonly root: string
	readonly dialect: string
	readonly engine: string
	readonly path: string
	/** The values that are lost, as JSON, or what is wrong. */
	readonly details: readonly string[]
}

export interface RootReport {
	readonly losses: readonly Loss[]
	readonly cases: number
	/** How often each verdict was found. */
	readonly counts: Readonly<Record<string, number>>
}

interface Judged extends Finding {
	readonly dialect: string
	readonly engine: string
	readonly field: FieldCase
}

/** What is wrong with a body that the server accepts at a path, according to the OpenAPI document. */
export type BodyCheck = (path: string, body: JsonFields) => readonly string[]

export async function requestLosses(
	gateway: TestedGateway,
	cases: FieldCases,
	wire: RequestWire,
	check: BodyCheck,
): Promise<RootReport> {
	const fields = casesOf(cases, wire)
	const jobs = wire.dialects.flatMap((dialect) =>
		enginesUnderTest
			.filter((engine) => engine.dialect === undefined || engine.dialect === dialect.name)
			.flatMap((engine) => fields.map((field) => ({ dialect, engine, field }))),
	)
	const baselines = new Baselines(gateway)
	// The same for every engine.
	const faultsOf = new Map<string, readonly string[]>()
	const judged = await inWorkers(gateway, jobs, async (worker, { dialect, engine, field }): Promise<Judged> => {
		const companions = companionsOf(wire, field)
		const call = (body: JsonFields): CallSpec => ({
			...routeOf(dialect),
			body: wire.complete({ ...companions, ...body }, cases),
		})
		const plain = await baselines.exchange(worker, engine.name, call(field.baseline))
		const sent = call(field.body)
		const given = await gateway.exchange(worker, engine.name, sent)
		const faults = given.status === 200 ? faultsIn(sent, check, faultsOf) : []
		const observed = judge({
			field,
			companions: Object.keys(companions),
			given,
			plain,
			readError: dialect.readError,
			effects: (text) => (engine.repeats ? (wire.effects?.(text) ?? text) : ''),
		})
		const fault = faults.length === 0 ? observed.fault : `accepted, but not by the document: ${faults.join('; ')}`
		return { dialect: dialect.name, engine: engine.name, field, ...observed, fault }
	})
	const wires = new Map(enginesUnderTest.map((engine) => [engine.name, engine.wire]))
	const isForeign = (engine: string) => wires.get(engine) !== undefined && wires.get(engine) !== wire.wire
	// An engine without an upstream need not show the effect of a field that other wires receive, or that has an effect
	// before another engine: its table of fates has that field.
	const canonical = new Set(
		judged
			.filter(({ engine, verdict }) => (verdict === 'sent' && isForeign(engine)) || verdict === 'answered')
			.map(({ dialect, field }) => `${dialect} ${field.path}`),
	)
	const reported = positionsOf(judged, 'reported')
	const found = lossesIn(wire.root, judged).filter(
		({ dialect, engine, path }) =>
			(wires.get(engine) !== undefined || !canonical.has(`${dialect} ${path}`)) &&
			!containersOf(path).some((container) => reported.has(`${dialect} ${engine} ${container}`)),
	)
	const refused = positionsOf(judged, 'refused')
	const unanchored = judged.filter(
		({ dialect, engine, field, verdict }) =>
			verdict === 'unreached' &&
			!containersOf(field.path).some((container) => refused.has(`${dialect} ${engine} ${container}`)),
	)
	const unreached = unanchored.map(({ dialect, engine, field }): Loss => {
		const details = ['no object that contains it is refused, but the request is']
		return { root: wire.root, dialect, engine, path: field.path, details }
	})
	return { losses: [...found, ...unreached], cases: judged.length, counts: countsOf(judged) }
}

function faultsIn(
	{ path, body }: CallSpec,
	check: BodyCheck,
	known: Map<string, readonly string[]>,
): readonly string[] {
	const key = JSON.stringify([path, body])
	const faults = known.get(key) ?? check(path, { ...body, model: 'any' })
	known.set(key, faults)
	return faults
}

export async function answerLosses(gateway: TestedGateway, cases: FieldCases, wire: AnswerWire): Promise<RootReport> {
	const fields = casesOf(cases, wire)
	const jobs = wire.dialects.flatMap((dialect) => fields.map((field) => ({ dialect, field })))
	const baselines = new Baselines(gateway)
	const judged = await inWorkers(gateway, jobs, async (worker, { dialect, field }): Promise<Judged> => {
		const call = (body: JsonFields): CallSpec => ({
			...routeOf(dialect),
			body: wire.request,
			reply: wire.reply(body, field, cases),
		})
		const plain = await baselines.exchange(worker, wire.engine, call(field.baseline))
		const given = await gateway.exchange(worker, wire.engine, call(field.body))
		const fault = given.status === 200 ? undefined : `status ${given.status}: ${given.text.slice(0, 200)}`
		const verdict = differs(field.mark, given.text, plain.text) ? 'answered' : 'same'
		return { dialect: dialect.name, engine: wire.engine, field, verdict, fault }
	})
	return { losses: lossesIn(wire.root, judged), cases: judged.length, counts: countsOf(judged) }
}

/** Where a verdict was found. */
function positionsOf(judged: readonly Judged[], wanted: Verdict): ReadonlySet<string> {
	const found = judged.filter(({ verdict }) => verdict === wanted)
	return new Set(found.map(({ dialect, engine, field }) => `${dialect} ${engine} ${field.container ?? field.path}`))
}

/** Those of the longest path. */
function companionsOf(wire: RequestWire, { path, text }: FieldCase): JsonFields {
	const all = Object.entries(wire.companions(text)).filter(([begin]) => path.startsWith(begin))
	return all.toSorted(([one], [other]) => other.length - one.length)[0]?.[1] ?? {}
}

function routeOf({ path, headers }: RequestDialect): Pick<CallSpec, 'path' | 'headers'> {
	return { path, headers }
}

function casesOf(cases: FieldCases, { root, except }: { root: string; except?: string }): readonly FieldCase[] {
	const others = new Set(except === undefined ? [] : cases.of(except).map(({ path }) => path))
	return cases.of(root).filter(({ path }) => !others.has(path))
}

/** The paths of the objects and lists that contain a field. */
function containersOf(path: string): readonly string[] {
	const ends = [...path.matchAll(/[.[]|\](?=.)/g)].map(({ 0: end, index }) => (end === ']' ? index + 1 : index))
	return ends.map((end) => path.slice(0, end))
}

/** Fields with a value that is lost. One value of several may mean the same as none. */
function lossesIn(root: string, judged: readonly Judged[]): readonly Loss[] {
	const groups = Map.groupBy(judged, ({ dialect, engine, field }) => `${dialect} ${engine} ${field.path}`)
	return [...groups.values()].flatMap((group) => {
		const lost = group.filter(({ verdict, fault }) => verdict === 'same' || fault !== undefined)
		const [first] = lost
		if (first === undefined) return []
		if (lost.length === 1 && first.fault === undefined && first.field.mayBeDefault === true) return []
		if (lost.every(({ field }) => isEmpty(field.value))) return []
		const details = lost.map(({ field, fault }) => fault ?? JSON.stringify(field.value))
		return [{ root, dialect: first.dialect, engine: first.engine, path: first.field.path, details }]
	})
}

/** Without the fields of objects that are lost themselves. */
export function outermost(losses: readonly Loss[]): readonly Loss[] {
	const positionOf = ({ dialect, engine }: Loss, path: string) => `${dialect} ${engine} ${path}`
	const lost = new Set(losses.map((loss) => positionOf(loss, loss.path)))
	return losses.filter((loss) => !containersOf(loss.path).some((container) => lost.has(positionOf(loss, container))))
}

/** An object without fields, which has no meaning. */
function isEmpty(value: unknown): boolean {
	return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function countsOf(judged: readonly Judged[]): Readonly<Record<string, number>> {
	const counts: Record<string, number> = {}
	for (const { verdict } of judged) counts[verdict] = (counts[verdict] ?? 0) + 1
	return counts
}

/** Exchanges without the field under test, each of which many cases share. */
class Baselines {
	private readonly exchanges = new Map<string, Promise<FieldExchange>>()
	private readonly gateway: TestedGateway

	constructor(gateway: TestedGateway) {
		this.gateway = gateway
	}

	exchange(worker: number, engine: string, call: CallSpec): Promise<FieldExchange> {
		const key = JSON.stringify([engine, call.path, call.body, call.reply])
		const known = this.exchanges.get(key)
		if (known !== undefined) return known
		const exchange = this.gateway.exchange(worker, engine, call)
		this.exchanges.set(key, exchange)
		return exchange
	}
}

/** Results of all jobs, in their order. */
async function inWorkers<Job, Result>(
	gateway: TestedGateway,
	jobs: readonly Job[],
	run: (worker: number, job: Job) => Promise<Result>,
): Promise<readonly Result[]> {
	const results: Result[] = []
	const remaining = jobs.entries()
	const work = async (worker: number) => {
		for (const [index, job] of remaining) results[index] = await run(worker, job)
	}
	await Promise.all(Array.from({ length: gateway.workers }, (_, worker) => work(worker)))
	return results
}
