"""Charts: labels stand below their bars, counts are whole, and what is not there is a gap."""

from hypothesis import given
from hypothesis import strategies as some

from reporting.web import charts

COUNTS = some.lists(some.integers(0, 10**6), min_size=1, max_size=400)


@given(COUNTS)
def test_each_label_stands_below_the_middle_of_its_bars(values):
    labels = [f"day {number}" for number in range(len(values))]
    drawn = charts.bars(labels, [values], [labels])

    assert drawn.labels[0].text == labels[0]
    assert len(drawn.labels) <= charts.MOST_LABELS
    for label in drawn.labels:
        number = labels.index(label.text)
        middle = (number + 0.5) * charts.STEP / drawn.width * 100
        assert abs(label.x - middle) < 0.01, label
        for bar in drawn.bars:
            if bar.says == label.text:
                assert bar.x <= label.x * drawn.width / 100 <= bar.x + bar.width


@given(COUNTS)
def test_an_axis_of_counts_has_whole_numbers_that_are_true(values):
    drawn = charts.bars([""] * len(values), [values], [[""] * len(values)])
    top, half, zero = (tick.replace(",", "") for tick in drawn.ticks)
    assert zero == "0"
    assert int(top) >= max(values)
    assert not half or int(half) * 2 == int(top), "the line in the middle is at the half"


@given(some.lists(some.one_of(some.none(), some.integers(0, 100)), min_size=1, max_size=60))
def test_a_line_has_a_gap_where_there_is_no_value_and_says_so_at_each_group(values):
    says = [f"{number}: {value}" for number, value in enumerate(values)]
    drawn = charts.lines(says, [values], says, top=100)

    pieces = sum(
        value is not None and (place == 0 or values[place - 1] is None)
        for place, value in enumerate(values)
    )
    assert drawn.lines[0].count("M") == pieces
    assert [group.says for group in drawn.groups] == says
    assert sum(group.width for group in drawn.groups) == drawn.width
