import 'reflect-metadata';
import { offlineDocument } from './offline-document.js';

/** Prints the OpenAPI document. */
process.stdout.write(`${JSON.stringify(await offlineDocument(), null, 2)}\n`);
