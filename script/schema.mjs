// Writes the published JSON Schemas from the schemas that judge: npm run schema
// cnd.schema.json: cnd.config.json, for editors; cnd.event.schema.json: a line of the journal and of --json;
// cnd.record.schema.json: run.json. And docs/policy.json, the IAM policies.
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '../dist-module/config/json-schema.js';
import { policies, policyScope } from '../dist-module/fleet/ec2/policy/policy.js';
import { eventJsonSchema, recordJsonSchema } from '../dist-module/event/json-schema.js';

const write = (name, schema) =>
  writeFileSync(new URL(`../${name}`, import.meta.url), `${JSON.stringify(schema, undefined, 2)}\n`);
write('cnd.schema.json', configJsonSchema());
write('cnd.event.schema.json', eventJsonSchema());
write('cnd.record.schema.json', recordJsonSchema());
write('docs/policy.json', policies(policyScope()));
