"""Measures tries on the samples, and with them the order of the classes' names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scoring.errors import StartupError
from steps.registration.contract.exploration.answering import Outputs
from steps.registration.contract.exploration.measuring import measure, score
from steps.registration.contract.exploration.naming import matched_order
from steps.registration.contract.exploration.ranking import Candidate, is_worse
from steps.registration.contract.exploration.results import Reordered, Try
from steps.registration.contract.exploration.samples import Samples


@dataclass(frozen=True)
class Trial:
    """A try, and where its answers come from."""

    found: Try
    outputs: Outputs
    place: int
    """Of its form, among those of the outputs."""
    samples: Samples

    order_guessed: bool
    """Whether nobody said the order of the classes' names, which are the samples'."""

    def measured(self) -> Candidate | None:
        """None where the outputs aren't what its task says."""
        labelled = self.samples.of(self.found.contract)
        try:
            scored = score(self.found.contract, labelled, self.outputs.of(labelled, self.place))
        except StartupError:
            return None
        return Candidate(self.found.model_copy(update={"measured": measure(self.found.contract, scored)}), scored)

    def reordered(self, order: tuple[str, ...]) -> Candidate | None:
        """With the classes' names in another order, which the answers told."""
        task = self.found.contract.task.model_copy(update={"labels": order})
        contract = self.found.contract.model_copy(update={"task": task})
        other = self.found.model_copy(update={"labels": order, "order_found": True, "contract": contract})
        return replace(self, found=other).measured()

    def compared(self, first: Candidate) -> Candidate:
        """``first`` with the order that fits the answers better than the one that somebody gave, where there is one."""
        order = matched_order(self.found.labels, first.scored) if self.found.labels else None
        other = self.reordered(order) if order else None
        if order is None or other is None or other.found.measured is None or not is_worse(first, other):
            return first
        reordered = Reordered(names=order, measured=other.found.measured)
        return replace(first, found=first.found.model_copy(update={"reordered": reordered}))


def measured(tries: Sequence[Trial]) -> Iterator[Candidate]:
    """Each try with its measurement; an order of the names that is found for one of them counts for all."""
    firsts = [(each, one) for each in tries if (one := each.measured()) is not None]
    found = [matched_order(each.found.labels, one.scored) for each, one in firsts if each.order_guessed]
    orders = dict.fromkeys(order for order in found if order is not None)
    for each, first in firsts:
        if not each.order_guessed:
            yield each.compared(first)
            continue
        others = [each.reordered(order) for order in orders]
        best = max([first, *(one for one in others if one is not None)], key=_value)
        yield best if best is first or is_worse(first, best) else first


def _value(one: Candidate) -> float:
    return one.found.measured.value if one.found.measured else -1.0
