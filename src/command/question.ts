import { createInterface } from 'node:readline/promises';

/** Asks on the terminal; anything but a yes is a no, and so are the end of input and Ctrl-C. */
export async function askYes(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      prompt.once('close', () => resolve('')).once('SIGINT', () => prompt.close());
      prompt.question(`${question} [y/N] `).then(resolve, reject);
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
