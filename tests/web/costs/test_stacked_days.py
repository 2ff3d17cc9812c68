from datetime import date
from decimal import Decimal

import pytest

from helix.web.costs.chart import MAX_LAYERS, stacked_chart

DAYS = [date(2026, 11, 1), date(2026, 11, 2)]


def worth(*values):
    return [Decimal(value) for value in values]


def test_a_day_is_as_high_as_it_is_dear_and_its_parts_lie_on_one_another():
    chart = stacked_chart(DAYS, [("Sierra", worth(3, 1)), ("Adley", worth(1, 0))])

    assert chart
    first, second = chart.stacks
    assert chart.dearest is first
    assert first.total == 4
    assert first.parts[0].y + first.parts[0].height == pytest.approx(chart.base)
    assert first.parts[1].y + first.parts[1].height == pytest.approx(first.parts[0].y)
    assert first.top == pytest.approx(first.parts[1].y)
    assert first.parts[0].height == pytest.approx(3 * second.parts[0].height, abs=0.02)
    assert second.said == [("Sierra", 1)]


def test_many_layers_are_the_first_few_and_the_rest_together():
    layers = [(f"Agent {number}", worth(1, number)) for number in range(MAX_LAYERS + 3)]

    chart = stacked_chart(DAYS, layers)

    assert chart
    assert [one.name for one in chart.series] == [*(f"Agent {n}" for n in range(MAX_LAYERS)), "Others"]
    assert chart.series[-1].values == worth(3, 5 + 6 + 7)
    assert sum(one.total for one in chart.series) == sum(sum(values) for _name, values in layers)
    assert [one.number for one in chart.series] == [1, 2, 3, 4, 5, 0]


def test_one_beyond_the_few_keeps_its_name():
    chart = stacked_chart(DAYS, [(f"Agent {number}", worth(1, 1)) for number in range(MAX_LAYERS + 1)])

    assert chart
    assert [(one.number, one.name) for one in chart.series][-1] == (0, f"Agent {MAX_LAYERS}")


@pytest.mark.parametrize("layers", [[], [("Sierra", worth(0, 0))]])
def test_nothing_spent_is_no_chart(layers):
    assert stacked_chart(DAYS, layers) is None
