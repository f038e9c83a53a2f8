import { fileStore } from '../../../src/journal/file-store.ts';
import { memoryStore } from '../../../src/journal/memory-store.ts';
import { freshHome } from './journal-world.ts';
import { storeConformance } from './store-conformance.ts';

storeConformance('file store', (options) => fileStore({ home: freshHome(), ...options }));
storeConformance('memory store', memoryStore);
