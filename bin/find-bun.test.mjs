// Which Bun is started, for package layouts of npm and various machines.

import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bunPackages, findBun, mentionsAvx2, thisMachine } from './find-bun.mjs'

const folder = mkdtempSync(join(tmpdir(), 'dragoman-bun-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Packages with a binary of these sizes, in megabytes; 0 is npm's placeholder. */
function installed(sizes, file = 'bun') {
	const own = mkdtempSync(join(folder, 'packages-'))
	for (const [name, megabytes] of Object.entries(sizes)) {
		mkdirSync(join(own, name, 'bin'), { recursive: true })
		const binary = join(own, name, 'bin', name === 'bun' ? 'bun.exe' : file)
		writeFileSync(binary, '#!/bin/sh\n')
		if (megabytes > 0) truncateSync(binary, megabytes * 1_000_000)
	}
	return {
		folderOf: (name) => (name in sizes ? join(own, name) : undefined),
		pathOf: (name) => join(own, name, 'bin', name === 'bun' ? 'bun.exe' : file),
	}
}

const linux = { platform: 'linux', arch: 'x64', musl: false, avx2: true }
const all = {
	'@oven/bun-linux-x64': 90,
	'@oven/bun-linux-x64-baseline': 90,
	'@oven/bun-linux-x64-musl': 90,
	'@oven/bun-linux-x64-musl-baseline': 90,
}

test("the package's own binary is used, without inspecting the machine", () => {
	const { folderOf, pathOf } = installed({ bun: 90, ...all })
	const machine = () => {
		throw new Error('looked at')
	}
	expect(findBun(folderOf, machine)).toBe(pathOf('bun'))
})

describe('if npm ran no install scripts', () => {
	test.each([
		['glibc with AVX2', {}, '@oven/bun-linux-x64'],
		['glibc without AVX2', { avx2: false }, '@oven/bun-linux-x64-baseline'],
		['musl with AVX2', { musl: true }, '@oven/bun-linux-x64-musl'],
		['musl without AVX2', { musl: true, avx2: false }, '@oven/bun-linux-x64-musl-baseline'],
	])('%s', (_, change, name) => {
		const { folderOf, pathOf } = installed({ bun: 0, ...all })
		expect(findBun(folderOf, () => ({ ...linux, ...change }))).toBe(pathOf(name))
	})

	test('the next best is used if the best is not installed or is a placeholder', () => {
		const { folderOf, pathOf } = installed({
			'@oven/bun-linux-x64-musl': 0,
			'@oven/bun-linux-x64-musl-baseline': 90,
			'@oven/bun-linux-x64': 90,
		})
		expect(findBun(folderOf, () => ({ ...linux, musl: true }))).toBe(pathOf('@oven/bun-linux-x64-musl-baseline'))
	})

	test('on Windows the file has another name', () => {
		const { folderOf, pathOf } = installed({ '@oven/bun-windows-x64-baseline': 90 }, 'bun.exe')
		const machine = () => ({ platform: 'win32', arch: 'x64', musl: false, avx2: false })
		expect(findBun(folderOf, machine)).toBe(pathOf('@oven/bun-windows-x64-baseline'))
	})

	test('undefined if none is installed', () => {
		expect(findBun(installed({ bun: 0 }).folderOf, () => linux)).toBeUndefined()
	})
})

test('packages of other machines, best first', () => {
	expect(bunPackages({ platform: 'darwin', arch: 'arm64', musl: false, avx2: true })).toEqual([
		'@oven/bun-darwin-aarch64',
	])
	expect(bunPackages({ platform: 'darwin', arch: 'x64', musl: false, avx2: false })).toEqual([
		'@oven/bun-darwin-x64-baseline',
		'@oven/bun-darwin-x64',
	])
	expect(bunPackages({ platform: 'linux', arch: 'arm64', musl: true, avx2: true })).toEqual([
		'@oven/bun-linux-aarch64-musl',
		'@oven/bun-linux-aarch64',
	])
})

test('AVX2 in a list of features', () => {
	expect(mentionsAvx2('flags\t: fpu avx avx2 bmi1')).toBe(true)
	expect(mentionsAvx2('RDWRFSGS BMI1 AVX2 SMEP')).toBe(true)
	expect(mentionsAvx2('flags\t: fpu avx bmi1')).toBe(false)
	expect(mentionsAvx2('')).toBe(true)
})

test('this machine finds a Bun, with its own binary and without', () => {
	expect(findBun()).toBeString()
	const { folderOf } = installed(all)
	expect(findBun(folderOf, () => ({ ...thisMachine(), platform: 'linux', arch: 'x64' }))).toBeString()
})
