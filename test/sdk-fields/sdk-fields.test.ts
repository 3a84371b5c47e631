// Every field of the requests and answers in the official SDKs' types, through a server: a field of a request reaches the
// upstream, has an effect here, is refused, or is named in `x-dragoman-dropped`; a field of an answer reaches the clients
// of its wire. The fields come from the installed versions of the SDKs, so that a new field is tested as soon as its
// version is installed. Exemptions have reasons in exemptions.ts. The OpenAPI document has the same fields, and every
// request that the server accepts is valid in it.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { DocumentValidator } from '../../src/openapi/document-validator.testing.ts'
import { answerWires } from './answer-wires.ts'
import { DocumentFields } from './document-fields.ts'
import { type Exemption, exemptions, honoured, mostExemptions } from './exemptions.ts'
import { FieldCases } from './field-cases.ts'
import { answerLosses, type Loss, outermost, type RootReport, requestLosses } from './field-losses.ts'
import { requestWires } from './request-wires.ts'
import { readShapes } from './shapes.ts'
import { enginesUnderTest, TestedGateway } from './tested-gateway.ts'
import { type UndescribedField, undescribedFields } from './undescribed-fields.ts'

let cases: FieldCases
let gateway: TestedGateway
let validator: DocumentValidator
const used = new Set<Exemption>()

beforeAll(async () => {
	cases = new FieldCases(await readShapes())
	gateway = await TestedGateway.start(8)
	validator = new DocumentValidator(await gateway.document())
}, 60_000)
afterAll(() => gateway.stop())

/** The losses that no table accepts, one line each. */
function unaccepted({ losses }: RootReport): readonly string[] {
	return outermost(losses.filter((loss) => !isAccepted(loss))).map(describe)
}

function isAccepted(loss: Loss): boolean {
	const matching = [...honoured, ...exemptions].filter(
		({ root, dialect, engines, path }) =>
			(root?.test(loss.root) ?? true) &&
			(dialect === undefined || dialect === loss.dialect) &&
			(engines?.includes(loss.engine) ?? true) &&
			path.test(loss.path),
	)
	for (const exemption of matching) used.add(exemption)
	return matching.length > 0
}

function describe({ root, dialect, engine, path, details }: Loss): string {
	return `${root}, ${dialect} before ${engine}: ${path}: ${details.join(' ').slice(0, 300)}`
}

function print(root: string, { cases: count, counts }: RootReport): void {
	process.stdout.write(`${root}: ${count} cases: ${JSON.stringify(counts)}\n`)
}

for (const wire of requestWires)
	test(`${wire.root}: every field is sent, refused or reported`, async () => {
		const report = await requestLosses(gateway, cases, wire, (address, body) =>
			validator.requestFaults(validator.at('POST', address.replace(/\?.*/, '')), body),
		)
		print(wire.root, report)
		expect(unaccepted(report)).toEqual([])
	}, 120_000)

for (const wire of answerWires)
	test(`${wire.root}: every field reaches the client`, async () => {
		const report = await answerLosses(gateway, cases, wire)
		print(wire.root, report)
		expect(unaccepted(report)).toEqual([])
	}, 120_000)

const usedReasons = new Set<UndescribedField>()
for (const { root, dialects } of requestWires)
	test(`${root}: the OpenAPI document has every field of its body, or the reason is known`, () => {
		const fields = new DocumentFields(validator)
		const missing = dialects.flatMap(({ path: address }) => {
			const has = (names: readonly string[]) => fields.has(address.replace(/\?.*/, ''), names)
			const outer = cases.of(root).filter(({ names }) => !has(names) && has(names.slice(0, -1)))
			return outer.filter(({ path }) => {
				const known = undescribedFields.find((one) => one.root.test(root) && one.path.test(path))
				if (known !== undefined) usedReasons.add(known)
				return known === undefined
			})
		})
		expect([...new Set(missing.map(({ path }) => path))]).toEqual([])
	})

test('each reason why the document lacks a field is needed', () => {
	expect(undescribedFields.filter((one) => !usedReasons.has(one))).toEqual([])
})

test('the exemptions are few, and each is needed', () => {
	process.stdout.write(`${exemptions.length} exemptions of at most ${mostExemptions}\n`)
	expect(exemptions.length).toBeLessThanOrEqual(mostExemptions)
	const tested = new Set(enginesUnderTest.map(({ name }) => name))
	const applicable = [...honoured, ...exemptions].filter(
		({ engines }) => engines?.some((name) => tested.has(name)) ?? true,
	)
	expect(applicable.filter((exemption) => !used.has(exemption))).toEqual([])
})
