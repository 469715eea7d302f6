# SPDX-License-Identifier: MIT OR Apache-2.0
"""Elaborates SystemVerilog by pyslang, with the arguments of slang. Errors and warnings go to standard error; the status is 1 if there are any."""

import shlex
import sys

import pyslang


def main(arguments: list[str]) -> int:
    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    if not (driver.parseCommandLine(shlex.join(["slang", *arguments])) and driver.processOptions() and driver.parseAllSources()):
        return 1
    driver.reportCompilation(driver.createCompilation(), False)
    return 0 if driver.reportDiagnostics(False) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
