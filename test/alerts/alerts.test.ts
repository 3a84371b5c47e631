// The alert rules of examples/telemetry in Prometheus' own tool: they are valid, each fires for its fault, and none fires
// for a server that works.

import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root, runProcess, temporaryFolder } from '../server.ts'
import { type AlertCase, alertCases, workingServer } from './alert-cases.ts'

const promtool = process.env.DRAGOMAN_TEST_PROMTOOL ?? Bun.which('promtool') ?? ''
const file = join(root, 'examples', 'telemetry', 'alerts.yml')

test.skipIf(promtool === '')('promtool accepts the rules and the configuration', async () => {
	for (const args of [
		['check', 'rules', '--lint=all', '--lint-fatal', file],
		['check', 'config', join(root, 'examples', 'telemetry', 'prometheus.yml')],
	]) {
		const { status, stdout, stderr } = await runProcess([promtool, ...args])
		expect({ args, status, text: stdout + stderr }).toEqual({
			args,
			status: 0,
			text: expect.stringContaining('SUCCESS'),
		})
	}
})

test('every alert has a case', async () => {
	const { groups }: { groups: { rules: { alert: string }[] }[] } = parse(await Bun.file(file).text())
	const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))
	expect([...new Set(alertCases.map(({ alert }) => alert))].toSorted()).toEqual(names.toSorted())
})

test.skipIf(promtool === '')('each fires for its fault only', async () => {
	const unitTests = join(await temporaryFolder(), 'tests.yml')
	await writeFile(unitTests, JSON.stringify({ rule_files: [file], tests: [unitTest(), ...alertCases.map(unitTest)] }))
	const { status, stdout, stderr } = await runProcess([promtool, 'test', 'rules', unitTests])
	expect({ status, text: stdout + stderr }).toEqual({ status: 0, text: expect.stringContaining('SUCCESS') })
})

/** How long each series of a case is, in minutes. */
const minutes = 40

/** With a case, the series of a working server are replaced by those of the fault; its alert must be the only one. */
function unitTest(given?: AlertCase) {
	const series = { ...workingServer, ...given?.series }
	const firing =
		given === undefined
			? []
			: [
					{
						labels: `ALERTS${writeLabels({ alertname: given.alert, alertstate: 'firing', ...given.labels })}`,
						value: 1,
					},
				]
	return {
		name: given === undefined ? 'a working server' : given.alert,
		interval: '1m',
		input_series: Object.entries(series).map(([name, values]) => ({ series: name, values: `${values}x${minutes}` })),
		promql_expr_test: [{ expr: 'ALERTS{alertstate="firing"}', eval_time: `${minutes - 5}m`, exp_samples: firing }],
	}
}

function writeLabels(labels: Readonly<Record<string, string>>): string {
	return `{${Object.entries(labels)
		.map(([name, value]) => `${name}=${JSON.stringify(value)}`)
		.join(',')}}`
}
