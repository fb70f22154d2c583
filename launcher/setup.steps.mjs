import { duration, say } from './report.mjs';
import { buildStep } from './step.build.mjs';
import { chromiumStep } from './step.chromium.mjs';
import { dependenciesStep } from './step.dependencies.mjs';
import { modelsStep, testModelsStep } from './step.models.mjs';
import { toolSteps } from './step.tools.mjs';
import { nodeStep } from './step.node.mjs';
import { redisStep } from './step.redis.mjs';

/**
 * One part of the set-up. `run` is quick when nothing is to be done, and throws a LauncherError that says
 * what is missing and how to get it.
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<'ready' | 'done'>} run
 */

/** What a service with a Redis of its own needs. */
export const START_STEPS = [nodeStep, dependenciesStep, redisStep(), buildStep, modelsStep];

/** What any test needs: all of that, and the models that tests load; they come first, their folder is the same. */
export const TEST_STEPS = [nodeStep, dependenciesStep, redisStep(), buildStep, testModelsStep, modelsStep];

/** What all tests need: that, a browser, and what is deployed with the service. */
export const ALL_STEPS = [...TEST_STEPS, ...toolSteps(), chromiumStep];

/** Enough to run what was built: command lines, and the check of settings before `npm start` does more. */
export const BUILD_STEPS = [nodeStep, dependenciesStep, buildStep];

/**
 * Runs steps in their order; each says what it did and how long it took, those already done share one line.
 * @param {readonly Step[]} steps
 */
export async function setUp(steps) {
  const startedAt = performance.now();
  /** @type {string[]} */
  const ready = [];
  for (const step of steps) {
    const stepStartedAt = performance.now();
    if ((await step.run()) === 'ready') ready.push(step.name);
    else say(`${step.name}: done in ${duration(performance.now() - stepStartedAt)}`);
  }
  if (ready.length > 0) say(`set-up: ${ready.join(', ')} ready (${duration(performance.now() - startedAt)})`);
}
