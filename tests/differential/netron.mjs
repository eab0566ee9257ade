// SPDX-License-Identifier: MIT
//
// Opens files with the parsers of the model viewer Netron:
//     node netron.mjs FOLDER FILE...
// FOLDER is that of the Python package netron. A line of JSON for each file: its format, the types of its nodes in
// order, and the shapes of its tensors by name; or the error.
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(join(resolve(folder), `${name}.js`)).href);

const base = await load("base");
const view = await load("view");

const host = {
    require: (id) => load(basename(id)),
    environment: () => undefined,
    event: () => undefined,
    exception: (error) => {
        throw error;
    },
};

/** What a parser asks of a file: its bytes, and the descriptions of operators that lie beside the parsers. */
const contextOf = (name, bytes) => ({
    identifier: basename(name),
    stream: new base.BinaryStream(bytes),
    entries: new Map(),
    asset: (file) => readFile(join(folder, file), "utf-8"),
    require: host.require,
    fetch: (file) => Promise.reject(new Error(`the file refers to ${file}`)),
    error: host.exception,
});

const service = new view.ModelFactoryService(host);
for (const file of files) {
    try {
        const model = await service.open(contextOf(file, new Uint8Array(await readFile(file))));
        const tensors = {};
        const nodes = [];
        for (const graph of model.modules) {
            for (const node of graph.nodes) {
                nodes.push(node.type.name);
                for (const argument of [...node.inputs, ...node.outputs]) {
                    for (const value of argument.value ?? []) {
                        if (value?.initializer) {
                            tensors[value.name || value.initializer.name] = value.initializer.type.shape.dimensions.map(Number);
                        }
                    }
                }
            }
        }
        console.log(JSON.stringify({ file, format: model.format, nodes, tensors }));
    } catch (error) {
        console.log(JSON.stringify({ file, error: `${error.name}: ${error.message}` }));
    }
}
