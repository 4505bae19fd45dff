import { account } from '../account/principal.ts';
import { Backend, programOf } from './backend.ts';
import { isAvailable } from '../../available.ts';

/** What to type when it is missing. */
const remedy = "python3 -m venv .ministack && .ministack/bin/pip install 'ministack'";

/** Where MiniStack is: $CND_TEST_MINISTACK, the checkout's .ministack, or $PATH. */
function program(): string | undefined {
  return programOf('CND_TEST_MINISTACK', '.ministack', 'ministack');
}

/** Whether suites that want a second opinion can run. In CI they must; elsewhere it is said what is missing. */
export function hasMiniStack(): boolean {
  return isAvailable(program() === undefined ? `ministack is missing: ${remedy}` : undefined);
}

/** MiniStack: SQS and S3 by other authors than moto's. Its EC2 is not used: its DryRun launches. */
export async function startMiniStack(): Promise<Backend> {
  const path = program();
  if (path === undefined) throw new Error(remedy);
  return Backend.start({
    command: () => [path],
    env: (port) => ({
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: account,
      LOG_LEVEL: 'ERROR',
    }),
    ready: '/_ministack/health',
    reset: '/_ministack/reset',
  });
}
