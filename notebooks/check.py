"""Fails if an executed notebook has an error, no figure, or does not end with its line of success."""

import json
import sys

notebook = json.load(open(sys.argv[1], encoding="utf-8"))
outputs = [o for cell in notebook["cells"] if cell["cell_type"] == "code" for o in cell["outputs"]]
texts = "".join("".join(o.get("text", "")) + "".join(o.get("data", {}).get("text/plain", "")) for o in outputs)
problems = []
if any(o["output_type"] == "error" for o in outputs):
    problems.append("a cell failed")
if not any("image/png" in o.get("data", {}) or "<img" in "".join(o.get("data", {}).get("text/html", "")) for o in outputs):
    problems.append("there is no figure")
if "All checks passed" not in texts:
    problems.append("the last check did not pass")
if problems:
    sys.exit(f"{sys.argv[1]}: " + ", ".join(problems))
print(f"{sys.argv[1]}: executed, {len(outputs)} outputs")
