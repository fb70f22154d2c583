/**
 * What publint and "are the types wrong?" have against the client's package, as JSON. A program of its own, because
 * both are ES modules, which Jest cannot load.
 *
 * usage: node package-check.mjs FOLDER TARBALL
 */
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';

const [folder = '', tarball = ''] = process.argv.slice(2);
const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });
const types = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
process.stdout.write(JSON.stringify({ publint: messages, types: types.problems ?? types }));
