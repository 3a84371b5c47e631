// Which prebuilt packages of node-llama-cpp each platform needs. Plain data; it installs nothing.

export const builds = ['cpu', 'cuda', 'vulkan', 'metal'] as const

/** The backend that models run on. Each build falls back to the CPU if its device is missing. */
export type Build = (typeof builds)[number]

/** A platform and an architecture, as in Node's `process.platform` and `process.arch`. */
export interface Platform {
	readonly platform: string
	readonly arch: string
}

const packages: Readonly<Record<string, Readonly<Partial<Record<Build, readonly string[]>>>>> = {
	'linux x64': { cpu: ['linux-x64'], cuda: ['linux-x64-cuda', 'linux-x64-cuda-ext'], vulkan: ['linux-x64-vulkan'] },
	'linux arm64': { cpu: ['linux-arm64'] },
	'linux arm': { cpu: ['linux-armv7l'] },
	'linux riscv64': { cpu: ['linux-riscv64'] },
	'darwin arm64': { cpu: ['mac-arm64-metal'], metal: ['mac-arm64-metal'] },
	'darwin x64': { cpu: ['mac-x64'] },
	'win32 x64': { cpu: ['win-x64'], cuda: ['win-x64-cuda', 'win-x64-cuda-ext'], vulkan: ['win-x64-vulkan'] },
	'win32 arm64': { cpu: ['win-arm64'] },
}

/** The builds available for a machine; empty if the library has no prebuilt binary for it. */
export function availableBuilds({ platform, arch }: Platform): readonly Build[] {
	const known = packages[`${platform} ${arch}`] ?? {}
	return builds.filter((build) => known[build] !== undefined)
}

/**
 * Names of the packages that hold these builds.
 *
 * @throws Error if a build is not available for the machine.
 */
export function packagesOf(builds: readonly Build[], { platform, arch }: Platform): readonly string[] {
	const known = packages[`${platform} ${arch}`]
	if (known === undefined) throw new Error(`node-llama-cpp has no prebuilt engine for ${platform} on ${arch}.`)
	const names = builds.flatMap((build) => {
		const found = known[build]
		if (found !== undefined) return found
		throw new Error(
			`No ${build} build is available for ${platform} on ${arch}. Available: ${availableBuilds({ platform, arch }).join(', ')}.`,
		)
	})
	return [...new Set(names)].map((name) => `@node-llama-cpp/${name}`)
}
