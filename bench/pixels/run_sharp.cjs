// Runs one job by sharp: `run_sharp.cjs JOB.json`, as job.py describes it; found through NODE_PATH.

const fs = require("node:fs");
const sharp = require("sharp");

sharp.concurrency(1);
sharp.cache(false);

const OPTIONS = {
	jpeg: ({ quality }) => ({ quality }),
	webp: ({ quality }) => ({ quality, effort: 4 }),
	avif: ({ quality }) => ({ quality }),
};

// What most people write: one input, a clone for each output.
async function clone(input, outputs, write) {
	const original = sharp(input);
	return Promise.all(outputs.map((output) => {
		const made = original.clone().resize(output.width)[output.format](OPTIONS[output.format](output));
		return write(made, output);
	}));
}

// What one may write by hand: decode once, then each size from the raw pixels of the next larger one.
async function pyramid(input, outputs, write) {
	const widths = [...new Set(outputs.map(({ width }) => width))].sort((a, b) => b - a);
	const made = [];
	let larger = sharp(input);
	for (const width of widths) {
		const { data, info } = await larger.resize(width).raw().toBuffer({ resolveWithObject: true });
		const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
		for (const output of outputs.filter((output) => output.width === width)) {
			made.push(await write(sharp(data, raw)[output.format](OPTIONS[output.format](output)), output));
		}
		larger = sharp(data, raw);
	}
	return made;
}

const WAYS = { clone, pyramid };
const toBuffer = async (made, output) => ({ output, bytes: await made.toBuffer() });

async function repeat(repetitions, run) {
	let made = await run();
	for (let n = 0; n < repetitions; n++) {
		const cpu = process.cpuUsage();
		const wall = process.hrtime.bigint();
		made = await run();
		const { user, system } = process.cpuUsage(cpu);
		console.log(JSON.stringify({ cpu_ms: (user + system) / 1e3, wall_ms: Number(process.hrtime.bigint() - wall) / 1e6 }));
	}
	return made;
}

async function main() {
	const job = JSON.parse(fs.readFileSync(process.argv[2]));
	const path = ({ width, format }) => `${job.out}/${width}.${format}`;
	if (job.whole) {
		await WAYS[job.way](job.input, job.outputs, (made, output) => made.toFile(path(output)));
		const peak = /VmHWM:\s*(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1];
		console.log(JSON.stringify({ peak_kib: Number(peak) }));
		return;
	}
	const original = fs.readFileSync(job.input);
	const made = await repeat(job.repetitions, () => WAYS[job.way](original, job.outputs, toBuffer));
	for (const { output, bytes } of made) {
		fs.writeFileSync(path(output), bytes);
	}
}

main();
