const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest gives each test file typed arrays of its own, and ONNX Runtime's native part makes the process's, which
 * its JavaScript part then refuses. Test files that load a model take the process's:
 * `@jest-environment ./test/harness/onnx-environment.cjs`.
 */
module.exports = class OnnxEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, { Float32Array, Uint8Array, Uint16Array, ArrayBuffer });
  }
};
