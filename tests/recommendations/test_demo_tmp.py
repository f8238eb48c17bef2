"""x"""
import time
from recommendations.services.snapshot import node_facts
from recommendations.domain.findings.catalog import examine
from tests.recommendations.conftest import make_demo
import pytest
@pytest.mark.django_db
@pytest.mark.parametrize("n", [60,300])
def test_x(operator, n):
    t=time.perf_counter(); d=make_demo(nodes=n); print("made", time.perf_counter()-t)
    t=time.perf_counter(); f=node_facts(d.pubkey,user=operator,at=d.at); print("facts", time.perf_counter()-t)
    e=examine(f)
    for x in e.findings: print(x.rule, x.severity, x.title)
    print([ (x.rule,x.missing) for x in e.insufficient])
