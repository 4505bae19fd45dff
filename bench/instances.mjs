// docs/instances.md: hashes for a dollar by instance type, from the one table that `cnd plan` uses as well
// (src/fleet/ec2/price/instance-data.ts), and what refreshes that table:
//
//   node bench/instances.mjs                         writes the tables of docs/instances.md
//   node bench/instances.mjs --check                 exit 1 if they are not those of the table
//   node bench/instances.mjs --measure 'Zen 5'       times the kernels on this machine, which has that processor
//   node bench/instances.mjs --prices                asks the Price List and DescribeInstanceTypes (credentials, a region)
//
// After `npm run modules`; again after --measure or --prices, then without flags.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instanceData } from '../dist-module/fleet/ec2/price/instance-data.js';
import { sizeVcpus, typeFacts } from '../dist-module/fleet/ec2/price/instance-table.js';
import { addressPrice, tablePrice } from '../dist-module/fleet/ec2/price/price.js';
import { tableRate } from '../dist-module/fleet/ec2/price/rate.js';
import { readArguments } from '../script/arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: {
    check: { type: 'boolean' },
    measure: { type: 'string', oneOf: Object.keys(instanceData.processors) },
    prices: { type: 'boolean' },
  },
});
const root = join(import.meta.dirname, '..');
const dataFile = join(root, 'src/fleet/ec2/price/instance-data.ts');
const page = join(root, 'docs/instances.md');
const today = new Date().toISOString().slice(0, 10);

function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

/** The smallest size of every family, the most hashes for a dollar first. */
function types() {
  const { families, prices } = instanceData;
  return Object.entries(families)
    .map(([name, { sizes }]) => {
      const type = `${name}.${sizes.split(' ')[0]}`;
      const facts = typeFacts(instanceData, type);
      const { hourly } = tablePrice(type, facts.vcpus, prices.region);
      const rate = (scheme) => tableRate(instanceData, facts, scheme, 'auto').rate;
      const perDollar = (scheme) => (rate(scheme) * 3600) / (hourly + addressPrice);
      return { type, ...facts, hourly, rate, perDollar };
    })
    .toSorted((a, b) => b.perDollar('hex-chain') - a.perDollar('hex-chain'));
}

function typeTable() {
  const MH = (rate) => (rate / 1e6).toFixed(1);
  const tera = (hashes) => (hashes / 1e12).toFixed(2);
  const rows = types().map(({ type, family, vcpus, hourly, rate, perDollar }) => {
    const { processor, clock, threadsPerCore } = family;
    const { isa, basis } = instanceData.processors[processor];
    return [
      `\`${type}\``,
      `${processor}${threadsPerCore === 2 ? ', hyper-threads' : ''}`,
      vcpus,
      clock,
      isa,
      MH(rate('hex-chain')),
      MH(rate('sha256d')),
      MH(rate('sha256')),
      MH(rate('bitcoin')),
      hourly.toFixed(5),
      tera(perDollar('hex-chain')),
      tera(perDollar('sha256d')),
      basis,
    ];
  });
  return table(
    [
      'type',
      'processor',
      'vCPUs',
      'GHz',
      'kernel',
      'hex-chain, MH/s',
      'sha256d, MH/s',
      'sha256, MH/s',
      'bitcoin, MH/s',
      '$ an hour',
      'hex-chain, 10^12 nonces for $1',
      'sha256d, 10^12 for $1',
      'cycles',
    ],
    rows,
  );
}

function processorTable() {
  const rows = Object.entries(instanceData.processors).map(([name, { isa, cycles, basis, source }]) => {
    return [
      name,
      isa,
      cycles['hex-chain'],
      cycles['sha256d'],
      cycles['sha256'],
      cycles['bitcoin'],
      `${basis}: ${source}`,
    ];
  });
  return table(['processor', 'kernel', 'hex-chain', 'sha256d', 'sha256', 'bitcoin', 'where from'], rows);
}

/** The page with its tables made anew, as Prettier would have it. */
function withTables(text) {
  const { prices } = instanceData;
  const parts = {
    types: typeTable(),
    processors: processorTable(),
    prices: `Prices: ${prices.region}, Linux, on demand, of ${prices.date}, from ${prices.source}.\n`,
  };
  const made = text.replaceAll(/(<!-- (\w+) -->\n)[^]*?(<!-- end -->)/g, (_, begin, name, end) => {
    return `${begin}\n${parts[name]}\n${end}`;
  });
  const { stdout, status, stderr } = spawnSync('npx', ['prettier', '--stdin-filepath', page], {
    cwd: root,
    input: made,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function writeData(data) {
  const text = readFileSync(dataFile, 'utf8');
  const begin = text.indexOf('= {') + 2;
  writeFileSync(dataFile, `${text.slice(0, begin)}${JSON.stringify(data)};\n`);
  spawnSync('npx', ['prettier', '--write', dataFile], { cwd: root, stdio: 'inherit' });
}

/** Cycles by the processor time of the kernels, so that others on the machine cost little. */
function measure(processor) {
  const { isa } = instanceData.processors[processor];
  const platform = process.arch === 'arm64' ? 'arm64' : 'x64';
  const kernel = join(root, `remote/kernel/build/kernel-linux-${platform}`);
  const args = [join(root, 'bench/kernel.py'), '--json', '--isa', isa, kernel];
  const { stdout, status } = spawnSync('python3', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`bench/kernel.py ended with ${status}`);
  const { rows, hertz } = JSON.parse(stdout);
  const cycles = Object.fromEntries(
    rows
      .filter((row) => row.isa === isa)
      .map((row) => [row.scheme, Number(row.cyclesPerCompression.toFixed(1))]),
  );
  const GHz = (hertz / 1e9).toFixed(1);
  const source = `bench/kernel.py on a machine with this processor at ${GHz} GHz, ${today}`;
  const measured = { isa, cycles, basis: 'measured', source };
  writeData({ ...instanceData, processors: { ...instanceData.processors, [processor]: measured } });
  console.log(`${processor}: ${JSON.stringify(cycles)} at ${GHz} GHz`);
}

/** What AWS says of every family of the table. */
async function ask() {
  const { region } = instanceData.prices;
  const { sdkApi } = await import('../dist-module/fleet/ec2/api.js');
  const { onDemandPrice } = await import('../dist-module/fleet/ec2/price/price-lookup.js');
  const { paginateDescribeInstanceTypes } = await import('@aws-sdk/client-ec2');
  const api = sdkApi({ region }, process.env);
  const families = {};
  for (const [name, family] of Object.entries(instanceData.families)) {
    const input = { Filters: [{ Name: 'instance-type', Values: [`${name}.*`] }] };
    const found = [];
    for await (const answer of paginateDescribeInstanceTypes({ client: await api.ec2() }, input))
      found.push(...(answer.InstanceTypes ?? []));
    const sizes = found
      .map(({ InstanceType }) => InstanceType.split('.')[1])
      .filter((size) => sizeVcpus(size) !== undefined)
      .toSorted((a, b) => sizeVcpus(a) - sizeVcpus(b));
    const first = found.find(({ InstanceType }) => InstanceType === `${name}.${sizes[0]}`);
    if (!first) throw new Error(`${region} has no ${name}`);
    const signal = AbortSignal.timeout(60_000);
    const env = { ...process.env, XDG_CACHE_HOME: '/dev/null' };
    const perVcpu = [];
    for (const size of sizes.slice(0, 3)) {
      const vcpus = sizeVcpus(size);
      const price = await onDemandPrice(api, { name: `${name}.${size}`, vcpus }, region, env, signal);
      // The table itself is no answer.
      if (price?.source.startsWith('AWS Price List')) perVcpu.push(price.hourly / vcpus);
    }
    if (perVcpu.length === 0) throw new Error(`the Price List does not say what ${name} costs`);
    families[name] = {
      ...family,
      clock: first.ProcessorInfo?.SustainedClockSpeedInGhz ?? family.clock,
      threadsPerCore: first.VCpuInfo?.DefaultThreadsPerCore ?? family.threadsPerCore,
      perVcpu: Number(Math.max(...perVcpu).toFixed(6)),
      sizes: sizes.join(' '),
    };
  }
  writeData({
    ...instanceData,
    prices: { date: today, region, source: 'the AWS Price List API' },
    families,
  });
}

if (values.measure !== undefined) measure(values.measure);
else if (values.prices) await ask();
else {
  const text = readFileSync(page, 'utf8');
  const made = withTables(text);
  if (!values.check) writeFileSync(page, made);
  else if (made !== text) {
    console.error('docs/instances.md does not have the tables of the data: node bench/instances.mjs');
    process.exitCode = 1;
  }
}
