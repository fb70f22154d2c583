#!/usr/bin/env node
/** `npm run removebg -- …`: the command line as built from this checkout, built first when needed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inRoot } from './places.mjs';
import { runCommand } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

const SET_UP = '--set-up-for-removebg';
const COMMAND = inRoot('dist', 'apps', 'cli', 'src', 'removebg.command.js');

if (process.argv[2] === SET_UP) {
  await runCommand(() => setUp(BUILD_STEPS));
} else {
  // What the set-up says must not get into a pipe that takes an image: all of it goes to the standard error.
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), SET_UP], {
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) {
    // npm runs scripts in the repository's top folder; names of files are meant from where the user is.
    process.chdir(process.env['INIT_CWD'] ?? '.');
    await import(pathToFileURL(COMMAND).href);
  } else process.exitCode = 1;
}
