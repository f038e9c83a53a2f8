#!/usr/bin/env node
// Removes what the build and the tests made. node_modules stays.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const made = readdirSync(root).filter((name) => name === 'dist' || name === 'coverage' || name.startsWith('.build-'));
for (const name of made) rmSync(join(root, name), { recursive: true, force: true });
