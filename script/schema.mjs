// Writes cnd.schema.json, the JSON Schema of cnd.config.json for editors, from the schema that judges it:
// npm run schema
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '../dist/config/json-schema.js';

const path = new URL('../cnd.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
