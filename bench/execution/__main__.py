import os
import sys

from bench.execution import rows

if __name__ == "__main__":
    found = rows(tuple(sys.argv[1:]))
    widths = [max(len(column) for column in columns) for columns in zip(("", "", "goal"), *found, strict=True)]
    for row in [("", "", "goal"), *found]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
