// SPDX-License-Identifier: MIT

/**
 * Loads a network that was built as docs/wasm.md says.
 *
 *     import { loadNetwork } from "./digits.mjs";
 *     const network = await loadNetwork(await fetch("digits.wasm"));
 *     network.classify(pixels);  // 7
 *
 * @param {Response | BufferSource} source  the module: a Response of fetch, or its bytes
 * @returns {Promise<{classify(pixels: ArrayLike<number>): number, logits(pixels: ArrayLike<number>): Float32Array}>}
 *     classify: the index of the largest output; logits: a copy of all outputs. The pixels of an image are numbers in
 *     [0, 1], row by row, 784 for a digit; another number of them throws a RangeError.
 */
export async function loadNetwork(source) {
    const bytes = typeof source.arrayBuffer === "function" ? await source.arrayBuffer() : source;
    const { exports } = (await WebAssembly.instantiate(bytes)).instance;
    const array = (place, size) => new Float32Array(exports.memory.buffer, place, size);

    const input = array(exports.input(), exports.input_size());
    const show = (pixels) => {
        if (pixels.length !== input.length) {
            throw new RangeError(`the network takes ${input.length} pixels, not ${pixels.length}`);
        }
        input.set(pixels);
    };
    return {
        classify(pixels) {
            show(pixels);
            return exports.classify();
        },
        logits(pixels) {
            show(pixels);
            return array(exports.logits(), exports.output_size()).slice();
        },
    };
}
