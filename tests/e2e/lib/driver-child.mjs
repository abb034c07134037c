// Somebody who drives, in a process of its own, to be killed: the URL of the signalling WebSocket. Prints "driving" once it does.

import { Driver } from './driver.mjs';

const driver = await Driver.open({ after: () => {} }, { signalling: process.argv[2] });
await driver.start();
console.log('driving');
