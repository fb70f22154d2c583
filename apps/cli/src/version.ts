export { VERSION } from '#contracts/version.js';
