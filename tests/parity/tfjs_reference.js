// What TensorFlow.js (on its plain CPU backend) and face-api.js make of images; see README.md.
//
//   node tfjs_reference.js PACKAGES KIND MODEL COUNT SIZE CHANNELS INPUT OUTPUT
//
// PACKAGES is a folder with the npm packages. KIND is the name of a face-api.js network, or of a node of a graph model.
// INPUT and OUTPUT are plain float32: [COUNT, SIZE, SIZE, CHANNELS], and whatever the network puts out.
const fs = require('fs');
const path = require('path');
const Module = require('module');

const [folder, kind, model, ...rest] = process.argv.slice(2);
const packages = path.resolve(folder);
const [count, size, channels] = rest.slice(0, 3).map(Number);
const [input, output] = rest.slice(3);

const tfjs = path.join(packages, 'node_modules/@tensorflow/tfjs');
const tf = require(tfjs);

function readShards(manifest, groups) {
  const names = groups.flatMap((group) => group.paths);
  const bytes = Buffer.concat(names.map((name) => fs.readFileSync(path.join(path.dirname(manifest), name))));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

async function graphModel(manifest, node) {
  const { modelTopology, weightsManifest } = JSON.parse(fs.readFileSync(manifest));
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  const weightData = readShards(manifest, weightsManifest);
  const network = await tf.loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  return (images) => network.execute(images, node);
}

// Its build for Node asks for the native tfjs-node; the plain one does as well.
function faceApi() {
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (request, ...others) => (
    request.startsWith('@tensorflow/tfjs-node') ? require.resolve(tfjs) : resolve(request, ...others));
  return require(path.join(packages, 'face-api/dist/face-api.node.js'));
}

async function faceNetwork(manifest, kind) {
  const api = faceApi();
  const groups = JSON.parse(fs.readFileSync(manifest));
  const network = new api[kind]();
  network.loadFromWeightMap(tf.io.decodeWeights(readShards(manifest, groups), groups.flatMap((group) => group.weights)));
  return (images) => network.runNet(new api.NetInput(tf.unstack(images)));
}

async function main() {
  await tf.setBackend('cpu');
  const run = await (/^[A-Z]\w*Net$/.test(kind) ? faceNetwork : graphModel)(model, kind);
  const bytes = fs.readFileSync(input);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const result = run(tf.tensor(values, [count, size, size, channels]));
  fs.writeFileSync(output, Buffer.from(result.dataSync().slice().buffer));
}

main();
