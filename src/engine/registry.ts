import { AgentEngine } from './agents/agents.ts';
import type { OpenEngine } from './engine.ts';

/** What a run can search with. One line an engine. */
export const engines = {
  agents: (instances) => new AgentEngine(instances),
} as const satisfies Readonly<Record<string, OpenEngine>>;
