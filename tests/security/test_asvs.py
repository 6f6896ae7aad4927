"""docs/asvs.md has each requirement of the standard once, and names what is in the tree."""

import re
from collections import Counter

from tests.chaos.desk import ROOT

PAGE = (ROOT / "docs/asvs.md").read_text()
ROW = re.compile(r"(?m)^\| (\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| ([^|]+) \| (.+) \|$")
VERDICTS = ("met", "**not met**", "not applicable")

STANDARD = """
1.1 | 2: 1-7
1.2 | 2: 1-4
1.4 | 2: 1 4-5
1.5 | 2: 1-4
1.6 | 2: 1-4
1.7 | 2: 1-2
1.8 | 2: 1-2
1.9 | 2: 1-2
1.10 | 2: 1
1.11 | 2: 1-2
1.12 | 2: 2
1.14 | 2: 1-6
2.1 | 1: 1-12
2.2 | 1: 1-3
2.3 | 1: 1 | 2: 2-3
2.4 | 2: 1-5
2.5 | 1: 1-6 | 2: 7
2.6 | 2: 1-3
2.7 | 1: 1-4 | 2: 5-6
2.8 | 1: 1 | 2: 2-7
2.9 | 2: 1-3
2.10 | 2: 1-4
3.1 | 1: 1
3.2 | 1: 1-3 | 2: 4
3.3 | 1: 1-2 | 2: 3-4
3.4 | 1: 1-5
3.5 | 2: 1-3
3.7 | 1: 1
4.1 | 1: 1-3 5
4.2 | 1: 1-2
4.3 | 1: 1-2 | 2: 3
5.1 | 1: 1-5
5.2 | 1: 1-8
5.3 | 1: 1-10
5.4 | 2: 1-3
5.5 | 1: 1-4
6.1 | 2: 1-3
6.2 | 1: 1 | 2: 2-6
6.3 | 2: 1-2
6.4 | 2: 1-2
7.1 | 1: 1-2 | 2: 3-4
7.2 | 2: 1-2
7.3 | 2: 1 3-4
7.4 | 1: 1 | 2: 2-3
8.1 | 2: 1-4
8.2 | 1: 1-3
8.3 | 1: 1-4 | 2: 5-8
9.1 | 1: 1-3
9.2 | 2: 1-4
10.2 | 2: 1-2
10.3 | 1: 1-3
11.1 | 1: 1-5 | 2: 6-8
12.1 | 1: 1 | 2: 2-3
12.2 | 2: 1
12.3 | 1: 1-5 | 2: 6
12.4 | 1: 1-2
12.5 | 1: 1-2
12.6 | 1: 1
13.1 | 1: 1 3 | 2: 4-5
13.2 | 1: 1-3 | 2: 5-6
13.3 | 1: 1 | 2: 2
13.4 | 2: 1-2
14.1 | 2: 1-4
14.2 | 1: 1-3 | 2: 4-6
14.3 | 1: 2-3
14.4 | 1: 1-7
14.5 | 1: 1-3 | 2: 4
"""
"""ASVS 4.0.3: of each section the requirements that begin at level 1 and at level 2."""


def required():
    found = {}
    for line in STANDARD.split("\n"):
        section, *levels = line.split(" | ")
        for level, ranges in (one.split(": ") for one in levels):
            for part in ranges.split():
                first, _dash, last = part.partition("-")
                for number in range(int(first), int(last or first) + 1):
                    found[f"{section}.{number}"] = level
    return found


def test_each_requirement_has_one_row_with_its_level_and_a_verdict():
    rows = ROW.findall(PAGE)
    assert {number: level for number, level, _verdict, _held in rows} == required()
    assert len(rows) == len(required()) == 259
    assert {verdict for _number, _level, verdict, _held in rows} == set(VERDICTS)


def test_the_table_on_top_counts_the_rows():
    counted = Counter((row[0].partition(".")[0], row[2]) for row in ROW.findall(PAGE))
    told = re.findall(r"(?m)^\| V(\d+) [^|]+ \| (\d+) \| (\d+) \| (\d+) \|$", PAGE)
    assert len(told) == 14
    for chapter, *numbers in told:
        assert [int(one) for one in numbers] == [counted[chapter, one] for one in VERDICTS]
    [everything] = re.findall(r"(?m)^\| \*\*all\*\* \| (\d+) \| (\d+) \| (\d+) \|$", PAGE)
    assert [int(one) for one in everything] == [
        sum(number for (_chapter, verdict), number in counted.items() if verdict == one)
        for one in VERDICTS
    ]


def test_every_file_and_test_that_it_names_is_there():
    named = {
        one for one in re.findall(r"`([^`\s]+)`", PAGE) if re.match(r"[.\w-]+/|[A-Z]+\.md", one)
    }
    assert len(named) > 100
    lost = []
    for one in named - {"DATA_DIR/attachments"}:
        file, _colons, test = one.partition("::")
        path = ROOT / file
        if not path.exists() or (test and f"def {test}(" not in path.read_text()):
            lost.append(one)
    assert lost == []
