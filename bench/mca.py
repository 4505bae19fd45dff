#!/usr/bin/env python3
"""What LLVM's model of a processor predicts for the kernel's inner loops: for processors that are not at hand.

usage: mca.py [--mcpu NAME]... DIRECTORY      (of objects, as remote/kernel/build/linux-x64 or linux-arm64 after `make`)

Needs llvm-mca and llvm-objdump (Debian: apt install llvm-19; $LLVM_MCA and $LLVM_OBJDUMP name others). Cycles for a nominal compression as
bench/kernel.py counts them, put together from the loops' cycles as bench/port.c does it from instructions'; "bound" is the same by
the model's count of each instruction's resources alone, without dependencies. A prediction knows nothing of caches, of front ends that stall, of
store forwarding, or of clocks that fall: what was measured and what was predicted for it stand side by side in the README of the kernel.
"""
import argparse
import os
import re
import shutil
import subprocess

# Instruction set: (object, lanes).
VECTORS = {"avx512": ("avx512", 16), "avx512-1": ("avx512_1", 16), "avx2": ("avx2", 8), "avx2-1": ("avx2_1", 8),
           "sse2": ("vector128", 4), "neon": ("vector128", 4)}
ADDITIONS = {"compress": 10, "constant_block": 6}  # in a round with a word of the schedule, and in one whose word is constant
SHA = {"sha-ni": "sha_ni", "armv8-sha2": "armv8_sha2"}
STREAMS = 4  # of the SHA instructions
HOISTED = {"hex-chain": 145 / 1616, "bitcoin": 200 / 1616}  # of the first block (bench/port.c)
PROCESSORS = {
    "x64": {"sapphirerapids": None, "icelake-server": None, "skylake-avx512": ("avx2", "avx2-1", "sse2"),
            "haswell": ("avx2", "avx2-1", "sse2"), "znver4": None, "znver3": ("sha-ni", "avx2", "avx2-1", "sse2")},
    "arm64": {"neoverse-n1": None, "neoverse-v1": None, "neoverse-v2": None},
}
JUMP = re.compile(r"^(j\w+|b|b\.\w+|cbn?z|tbn?z)$")


def tool(variable, name):
    found = os.environ.get(variable) or next(filter(None, (shutil.which(one) for one in (name + "-19", name))), None)
    if not found:
        raise SystemExit("mca.py: %s is missing: apt install llvm-19" % name)
    return found


def functions(path):
    """Name without suffix: [(address, mnemonic, operands)]."""
    text = subprocess.run([tool("LLVM_OBJDUMP", "llvm-objdump"), "-d", "--no-show-raw-insn", path], capture_output=True, check=True)
    found, current = {}, None
    for line in text.stdout.decode().splitlines():
        begin = re.match(r"^[0-9a-f]+ <([^>]+)>:", line)
        if begin:
            current = found.setdefault(begin[1].split(".")[0], [])
            continue
        one = re.match(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$", line)
        if one and current is not None:
            current.append((int(one[1], 16), one[2], re.sub(r"\s*(<[^>]*>|# .*|//.*)$", "", one[3]).strip()))
    return found


def target(operands):
    numbers = re.findall(r"0x[0-9a-f]+", operands)
    return int(numbers[-1], 16) if numbers else None


def longest_loop(code):
    """What a backward jump repeats; None where nothing is."""
    loops = []
    for i, (address, mnemonic, operands) in enumerate(code):
        to = target(operands) if JUMP.match(mnemonic) and mnemonic not in ("jmp", "b") else None
        if to is not None and to < address:
            loops.append([one for one in code[: i + 1] if one[0] >= to])
    inner = [loop for loop in loops if not any(other is not loop and other[0][0] >= loop[0][0] and other[-1][0] <= loop[-1][0]
                                               for other in loops)]
    return max(inner, key=len, default=None)


def straight(code):
    """From a function's start to its end, no conditional jump taken."""
    at, path, index = 0, [], {address: i for i, (address, _, _) in enumerate(code)}
    while len(path) < 20_000:
        _, mnemonic, operands = code[at]
        if mnemonic.startswith("ret"):
            return path
        path.append(code[at])
        at = index[target(operands)] if mnemonic in ("jmp", "b") else at + 1
    raise SystemExit("mca.py: a function does not end")


def simulated(code, mcpu, triple):
    """(cycles, cycles by resources alone) of one repetition of many; None where the processor lacks an instruction."""
    text = "\n".join("%s %s" % (mnemonic, operands) for _, mnemonic, operands in code
                     if not JUMP.match(mnemonic) and mnemonic != "endbr64")

    def run(times):
        command = [tool("LLVM_MCA", "llvm-mca"), "-mtriple=" + triple, "-mcpu=" + mcpu, "-iterations=%d" % times]
        command += ["-mattr=+sha2"] if triple.startswith("aarch64") else []
        done = subprocess.run(command, input=text.encode(), capture_output=True)
        if done.returncode:
            return None
        found = dict(re.findall(r"^([A-Z][\w ]+):\s+([\d.]+)$", done.stdout.decode(), re.M))
        return int(found["Total Cycles"]), float(found["Block RThroughput"])

    few, many = run(5), run(25)
    return few and ((many[0] - few[0]) / 20, many[1])


def per_round(code, function, mcpu, triple):
    """Of one vector; how many rounds of how many vectors a loop does is told by its additions."""
    loop = longest_loop(code[function])
    rounds = sum(mnemonic in ("vpaddd", "paddd") or mnemonic == "add" and ".4s" in operands for _, mnemonic, operands in loop)
    found = simulated(loop, mcpu, triple)
    return found and tuple(cycles / (rounds / ADDITIONS[function]) for cycles in found)


def predicted(isa, directory, mcpu, triple):
    """{scheme: (cycles, bound)} a compression."""
    def both(combine, *simulations):
        return None if None in simulations else tuple(map(combine, *simulations))

    if isa in SHA:
        code = functions(os.path.join(directory, SHA[isa] + ".o"))
        block = simulated(straight(code["compress_digest"]), mcpu, triple)
        loop = longest_loop(code["constant_block"])  # of sixteen rounds, or unrolled
        constant, times = simulated(loop or straight(code["constant_block"]), mcpu, triple), 4 if loop else 1
        return {"hex-chain": both(lambda a, b: (2 * a + times * b) / 3 / STREAMS, block, constant),
                "bitcoin": both(lambda a: a / STREAMS, block)}
    name, lanes = VECTORS[isa]
    code = functions(os.path.join(directory, name + ".o"))
    with_word, without = (per_round(code, function, mcpu, triple) for function in ADDITIONS)

    def block(a, b):
        return 48 * a + 16 * b

    return {"hex-chain": both(lambda a, b: (block(a, b) * (2 - HOISTED["hex-chain"]) + 64 * b) / 3 / lanes, with_word, without),
            "bitcoin": both(lambda a, b: block(a, b) * (2 - HOISTED["bitcoin"]) / 2 / lanes, with_word, without)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--mcpu", action="append")
    arguments = parser.parse_args()
    machine = "arm64" if os.path.exists(os.path.join(arguments.directory, "armv8_sha2.o")) else "x64"
    triple = "aarch64-linux-gnu" if machine == "arm64" else "x86_64-linux-gnu"
    known = PROCESSORS[machine]
    isas = ("armv8-sha2", "neon") if machine == "arm64" else ("avx512", "avx512-1", "sha-ni", "avx2", "avx2-1", "sse2")
    print("%-16s %-11s %26s %26s" % ("processor", "isa", "hex-chain (bound)", "bitcoin (bound)"))
    for mcpu in arguments.mcpu or known:
        for isa in known.get(mcpu) or isas:
            found = predicted(isa, arguments.directory, mcpu, triple)
            if None not in found.values():
                print("%-16s %-11s" % (mcpu, isa) + "".join("%18.1f (%5.1f)" % one for one in found.values()), flush=True)


if __name__ == "__main__":
    main()
