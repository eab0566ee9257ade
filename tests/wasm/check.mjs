// SPDX-License-Identifier: MIT
//
// Runs a module of examples/wasm on test digits:
//     node check.mjs <loader> <module> <the same with names> <one with a small stack> <expected logits> <MNIST>
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const [loader, file, namedFile, smallFile, expectedFile, mnist] = process.argv.slice(2);
const { loadNetwork } = await import(pathToFileURL(loader));
const bytes = readFileSync(file);

// What the module is.
const module = await WebAssembly.compile(bytes);
assert.deepEqual(WebAssembly.Module.imports(module), []);
assert.deepEqual(
    WebAssembly.Module.exports(module).map((e) => e.name).sort(),
    ["classify", "input", "input_size", "logits", "memory", "output_size"]);
const named = await WebAssembly.compile(readFileSync(namedFile));
const names = Buffer.from(WebAssembly.Module.customSections(named, "name")[0]).toString("latin1");
assert.match(names, /logits/);
assert.doesNotMatch(names, /malloc|sbrk|_Zn[wa]|_Zd[la]|__cxa|wasi/);
const { memory } = new WebAssembly.Instance(module).exports;
assert.throws(() => memory.grow(1), RangeError);

// What it computes, on digits as MNIST has them.
const digits = gunzipSync(readFileSync(join(mnist, "t10k-images-idx3-ubyte.gz"))).subarray(16);
const labels = gunzipSync(readFileSync(join(mnist, "t10k-labels-idx1-ubyte.gz"))).subarray(8);
const stored = readFileSync(expectedFile);
const expected = new Float32Array(stored.buffer.slice(stored.byteOffset, stored.byteOffset + stored.length));
const count = expected.length / 10;
assert.equal(count, 10_000);
const network = await loadNetwork(bytes);
let largest = 0;
const times = [];
let right = 0;
for (let n = 0; n < count; ++n) {
    const pixels = Float32Array.from(digits.subarray(784 * n, 784 * (n + 1)), (byte) => byte / 255);
    const begin = performance.now();
    const logits = network.logits(pixels);
    times.push(performance.now() - begin);
    assert.equal(logits.length, 10);
    const wanted = expected.subarray(10 * n, 10 * (n + 1));
    // Another order of additions, and no fused ones: a few units in the last place of the largest sum.
    const scale = Math.max(1, ...wanted.map(Math.abs));
    logits.forEach((logit, k) => {
        const difference = Math.abs(logit - wanted[k]) / scale;
        assert.ok(difference <= 1e-5, `digit ${n}, logit ${k}: ${logit} instead of ${wanted[k]}`);
        largest = Math.max(largest, difference);
    });
    const answer = network.classify(pixels);
    assert.equal(answer, logits.indexOf(Math.max(...logits)));
    right += answer === labels[n];
}
assert.ok(right >= 0.99 * count, `${right} of ${count} are right`);

// What it refuses.
assert.throws(() => network.classify(new Float32Array(783)),
              { name: "RangeError", message: "the network takes 784 pixels, not 783" });
assert.throws(() => network.logits([]), RangeError);
const small = await loadNetwork(readFileSync(smallFile));
assert.throws(() => small.logits(new Float32Array(784)), WebAssembly.RuntimeError);
const response = new Response(bytes, { headers: { "Content-Type": "application/wasm" } });
assert.equal((await loadNetwork(response)).classify(new Float32Array(784)), network.classify(new Float32Array(784)));

const grouped = (number) => number.toLocaleString("en");
const packed = gzipSync(bytes, { level: 9 });
console.log(
    `${basename(file)}: ${grouped(bytes.length)} bytes, ${grouped(packed.length)} bytes as .gz, ` +
    `${grouped(memory.buffer.byteLength)} bytes of memory\n` +
    `    ${grouped(right)} of ${grouped(count)} digits right, largest relative error ${largest.toExponential(1)}, ` +
    `${(1000 * times.sort((a, b) => a - b)[count >> 1]).toFixed(0)} microseconds a digit`);
