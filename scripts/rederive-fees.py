#!/usr/bin/env python3
"""Derives fees from the schedule files a second time, independently of the switch.

    rederive-fees.py check  SCHEDULES CASES.json   compares the switch's quotes with its own; exit 1 on a difference
    rederive-fees.py derive SCHEDULES CASES.json   prints its own answers as JSON

SCHEDULES is the folder of TOML files. CASES.json is a list of
    {"request": {...POST /v1/quotes..., "on" is required},
     "waivers": ["electronic-outage"]?, "assessments": [{"id", "service", "inputs", "exemption"}]?,
     "bill": {...}? or "refusal": "code"?}

Only the standard library; it shares no code, no table and no rounding with the switch. It knows what
a schedule means, not how a faulty one is reported: run `rusum schedules check` for that.
"""

import datetime
import json
import re
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

NATIONAL = "mof"
CHANNELS = ["portal", "mobile", "service-office", "post-office", "call-centre", "kiosk"]
GOVERNORATES = [f"{n:02}" for n in [*range(1, 5), *range(11, 20), *range(21, 30), *range(31, 36), 88]]
WAYS = ["card/card", "wallet/wallet", "post/cash", "post/card", "post/wallet",
        "epayment/cash", "epayment/card", "epayment/wallet"]
AMOUNT = re.compile(r"(0|[1-9][0-9]*)\.[0-9]{2}")
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Refused(Exception):
    pass


def piastres(text):
    """Whole piastres of "45.00"."""
    pounds, cents = text.split(".")
    return int(pounds) * 100 + int(cents)


def number(end):
    """An end of a range: an amount in quotes, or a whole number."""
    return piastres(end) if isinstance(end, str) else end


def written(amount):
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02}"


def rounded(exact, mode, step):
    """A fraction of piastres to a multiple of `step`."""
    multiples = exact / step
    whole = multiples.numerator // multiples.denominator
    rest = multiples - whole
    half = Fraction(1, 2)
    up = {
        "up": rest > 0,
        "down": False,
        "half-up": rest >= half,
        "half-even": rest > half or (rest == half and whole % 2 == 1),
    }[mode]
    return (whole + up) * step


def share(rule, base):
    exact = Fraction(rule["rate"]) * base / 100
    amount = rounded(exact, rule["rounding"], piastres(rule.get("round_to", "0.01")))
    amount = max(amount, piastres(rule.get("floor", "0.00")))
    return min(amount, piastres(rule["cap"])) if "cap" in rule else amount


def load(folder):
    """Versions by authority, each until the eve of the next."""
    authorities = {}
    for path in sorted(Path(folder).glob("*.toml")):
        schedule = tomllib.loads(path.read_text(encoding="utf-8"))
        authorities.setdefault(schedule["authority"], []).append(schedule)
    for versions in authorities.values():
        versions.sort(key=lambda schedule: schedule["effective_from"])
        for this, following in zip(versions, versions[1:] + [None]):
            ends = [this["effective_to"]] if "effective_to" in this else []
            if following:
                ends.append(following["effective_from"] - datetime.timedelta(days=1))
            this["last"] = min(ends, default=datetime.date.max)
    return authorities


def in_force(authorities, authority, on):
    for schedule in authorities.get(authority, []):
        if schedule["effective_from"] <= on <= schedule["last"]:
            return schedule
    return None


def said(schedule, service, key):
    return service.get(key, schedule.get(key))


def start(table, governorate):
    if governorate in table:
        return table[governorate]
    return table.get("all") if governorate != "88" else None


class Item:
    """One item of a request against what its service declares."""

    def __init__(self, schedule, service, request, asked, assessments):
        self.schedule, self.service, self.asked, self.request = schedule, service, asked, request
        code = f"{schedule['authority']}.{service['code']}"
        self.code = code
        self.assessment = None
        if asked.get("assessment") is not None:
            known = [a for a in assessments if a["id"] == asked["assessment"] and a["service"] == code]
            if not known:
                raise Refused("assessment_invalid")
            self.assessment = known[0]
        self.delivery = self.read_delivery()
        self.quantity = self.read_quantity()
        self.values, used = {}, set()
        for option in service.get("option", []):
            self.read_option(option, used)
        given = asked.get("options") or {}
        if any(name not in {o["code"] for o in service.get("option", [])} for name in given):
            raise Refused("option_invalid")
        self.exemption = self.read_exemption()
        if self.assessment:
            if any(name not in used for name in self.assessment["inputs"]):
                raise Refused("assessment_invalid")
            if not self.assessment["inputs"] and self.assessment.get("exemption") is None:
                raise Refused("assessment_invalid")

    def read_delivery(self):
        declared = self.service.get("delivery", [])
        word = self.asked.get("delivery")
        if word is None:
            defaults = [d["code"] for d in declared if d.get("default") or len(declared) == 1]
            if declared and not defaults:
                raise Refused("option_invalid")
            return defaults[0] if defaults else None
        if word not in [d["code"] for d in declared]:
            raise Refused("option_invalid")
        return word

    def read_quantity(self):
        unit = self.service.get("quantity", {"max": 1})
        count = self.asked.get("quantity")
        if count is None:
            return unit.get("default", 1)
        if type(count) is not int or not unit.get("min", 1) <= count <= unit["max"]:
            raise Refused("option_invalid")
        return count

    def read_option(self, option, used):
        code = option["code"]
        given = (self.asked.get("options") or {}).get(code)
        has_given = code in (self.asked.get("options") or {})
        if not self.meets(option.get("when", {})):
            if has_given:
                raise Refused("option_invalid")
            return
        if option.get("attested"):
            if self.assessment is None:
                raise Refused("assessment_required")
            if has_given:
                raise Refused("option_invalid")
            if code not in self.assessment["inputs"]:
                raise Refused("assessment_invalid")
            self.values[code] = self.value(option, self.assessment["inputs"][code], "assessment_invalid")
            used.add(code)
        elif has_given:
            self.values[code] = self.value(option, given, "option_invalid")
        elif "default" in option:
            self.values[code] = self.value(option, option["default"], "option_invalid")
        else:
            raise Refused("option_invalid")

    @staticmethod
    def value(option, given, refusal):
        if option["kind"] == "choice":
            if not isinstance(given, str) or given not in [c["code"] for c in option["choice"]]:
                raise Refused(refusal)
            return given
        if option["kind"] == "integer":
            if isinstance(given, str) and INTEGER.fullmatch(given):
                given = int(given)
            if type(given) is not int or not option["min"] <= given <= option["max"]:
                raise Refused(refusal)
            return given
        if not isinstance(given, str) or not AMOUNT.fullmatch(given):
            raise Refused(refusal)
        amount = piastres(given)
        if not piastres(option["min"]) <= amount <= piastres(option["max"]):
            raise Refused(refusal)
        return amount

    def read_exemption(self):
        granted = self.assessment.get("exemption") if self.assessment else None
        code = self.asked.get("exemption") or granted
        if code is None:
            return None
        found = [e for e in self.service.get("exemption", []) if e["code"] == code]
        if not found:
            raise Refused("option_invalid")
        if found[0].get("attested") and self.assessment is None:
            raise Refused("assessment_required")
        if (found[0].get("attested") or granted is not None) and granted != code:
            raise Refused("assessment_invalid")
        return found[0]

    def meets(self, when):
        for name, wanted in when.items():
            if name == "channel":
                holds = self.request["channel"] in wanted
            elif name == "governorate":
                holds = self.request["governorate"] in wanted
            elif name == "delivery":
                holds = self.delivery in wanted
            elif name == "quantity":
                holds = wanted.get("min", 0) <= self.quantity <= wanted.get("max", self.quantity)
            elif name not in self.values:
                holds = False
            elif isinstance(wanted, list):
                holds = self.values[name] in wanted
            else:
                value = self.values[name]
                holds = ("min" not in wanted or number(wanted["min"]) <= value) and (
                    "max" not in wanted or value <= number(wanted["max"]))
            if not holds:
                return False
        return True

    def unit_price(self, line):
        if line["kind"] in ("fixed", "per-unit"):
            return piastres(line["amount"])
        if line["of"] not in self.values:
            return None
        value = self.values[line["of"]]
        if line["kind"] == "percentage":
            return share(line, value)
        for band in line["band"]:
            if number(band["from"]) <= value and ("to" not in band or value <= number(band["to"])):
                return piastres(band["amount"])
        return None

    def lines(self):
        found = []
        for line in self.service["line"]:
            unit = self.unit_price(line)
            if unit is None or not self.meets(line.get("when", {})):
                continue
            per = line.get("per", "quantity" if line["kind"] == "per-unit" else "item")
            count = {"quantity": self.quantity, "item": 1}.get(per, self.values.get(per, 0))
            free = self.exemption is not None and line["code"] in self.exemption.get("lines", [line["code"]])
            basis = self.exemption["legal_basis"] if free else line["legal_basis"]
            parts = [(line["code"], unit, count)]
            if "further" in line:
                first = min(count, line["first_units"])
                parts = [(line["code"], unit, first),
                         (line["further"]["code"], piastres(line["further"]["amount"]), count - first)]
            for code, price, units in parts:
                if units > 0:
                    price = 0 if free else price
                    found.append({"code": code, "unit_amount": written(price), "quantity": units,
                                  "amount": written(price * units), "beneficiary": line["beneficiary"],
                                  "revenue_code": line["revenue_code"], "legal_basis": basis})
        if not found:
            raise Refused("option_invalid")
        return found


def read_items(authorities, case):
    request = case["request"]
    if request["channel"] not in CHANNELS or request["governorate"] not in GOVERNORATES:
        raise Refused("invalid_request")
    try:
        on = datetime.date.fromisoformat(request["on"])
    except ValueError:
        raise Refused("invalid_request") from None
    if not 1 <= len(request["items"]) <= 10:
        raise Refused("invalid_request")
    items = []
    for asked in request["items"]:
        authority, _, code = asked["service"].partition(".")
        named = lambda schedule: [s for s in schedule.get("service", []) if s["code"] == code]
        if not any(named(schedule) for schedule in authorities.get(authority, [])):
            raise Refused("service_unknown")
        schedule = in_force(authorities, authority, on)
        if schedule is None or not named(schedule):
            raise Refused("service_not_offered")
        service = named(schedule)[0]
        begins = start(said(schedule, service, "governorates"), request["governorate"])
        if begins is None or begins > on or request["channel"] not in said(schedule, service, "channels"):
            raise Refused("service_not_offered")
        item = Item(schedule, service, request, asked, case.get("assessments", []))
        item.priced = item.lines()
        item.total = sum(piastres(line["amount"]) for line in item.priced)
        items.append(item)
    return on, items


def groups(authorities, items, on):
    """Each schedule whose rules may apply, with the items they hold for; the nation's last."""
    seen = []
    for item in items:
        if not any(item.schedule is schedule for schedule, _ in seen):
            seen.append((item.schedule, [other for other in items if other.schedule is item.schedule]))
    national = in_force(authorities, NATIONAL, on)
    return seen + ([(national, items)] if national else [])


def adjust(way, total, groups_, case, on):
    found, payable, taken = [], total, 0
    governorate = case["request"]["governorate"]
    for schedule, items in groups_:
        takeable = min(sum(item.total for item in items), total - taken)
        rules = [(kind, rule) for kind in ("incentive", "surcharge", "rounding") for rule in schedule.get(kind, [])]
        for kind, rule in rules:
            if way not in rule["methods"] or set(rule.get("waivers", [])) & set(case.get("waivers", [])):
                continue
            if not rule.get("effective_from", on) <= on <= rule.get("effective_to", on):
                continue
            if governorate in rule.get("exempt_governorates", []):
                continue
            base = sum(item.total for item in items
                       if item.code in rule.get("services", [item.code])
                       and item.code not in rule.get("exempt_services", [])
                       and item.schedule["authority"] not in rule.get("exempt_authorities", []))
            if base <= piastres(rule.get("threshold", "0.00")):
                continue
            if kind == "rounding":
                difference = rounded(Fraction(payable), rule["rounding"], piastres(rule["to"])) - payable
            else:
                difference = piastres(rule["amount"]) if "amount" in rule else share(rule, base)
                if kind == "incentive":
                    difference = min(difference, base, takeable)
                    takeable, taken, difference = takeable - difference, taken + difference, -difference
            if difference:
                payable += difference
                found.append({"code": rule["code"], "amount": written(difference), "kind": kind,
                              "beneficiary": rule.get("beneficiary"), "revenue_code": rule.get("revenue_code")})
    method, tender = way.split("/")
    return {"method": method, "tender": tender, "amount": written(payable), "adjustments": found}


def derive(authorities, case):
    """{"bill": ...} or {"refusal": code}."""
    try:
        on, items = read_items(authorities, case)
        ways = [way for way in WAYS if all(way in said(i.schedule, i.service, "methods") for i in items)]
        if not ways:
            raise Refused("invalid_request")
    except Refused as refusal:
        return {"refusal": str(refusal)}
    total = sum(item.total for item in items)
    held = groups(authorities, items, on)
    return {"bill": {
        "items": [{"service": item.code, "total": written(item.total), "quantity": item.quantity,
                   "delivery": item.delivery, "version": item.schedule["version"], "lines": item.priced}
                  for item in items],
        "total": written(total),
        "methods": [adjust(way, total, held, case, on) for way in ways],
    }}


def differences(mine, theirs, path=""):
    """Where `theirs` lacks or contradicts something of `mine`; it may say more."""
    if isinstance(mine, dict):
        for key, value in mine.items():
            other = theirs.get("schedule", {}).get("version") if key == "version" else theirs.get(key)
            yield from differences(value, other, f"{path}/{key}")
    elif isinstance(mine, list):
        if not isinstance(theirs, list) or len(mine) != len(theirs):
            yield f"{path}: {mine} here, {theirs} there"
            return
        for number, (one, other) in enumerate(zip(mine, theirs)):
            yield from differences(one, other, f"{path}/{number}")
    elif mine != theirs:
        yield f"{path}: {mine!r} here, {theirs!r} there"


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("check", "derive"):
        sys.exit(__doc__)
    authorities = load(sys.argv[2])
    cases = json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
    answers = [derive(authorities, case) for case in cases]
    if sys.argv[1] == "derive":
        print(json.dumps(answers, ensure_ascii=False, indent=1))
        return
    wrong = 0
    for number, (case, mine) in enumerate(zip(cases, answers)):
        found = list(differences(mine, {key: case.get(key) or {} for key in mine}))
        if found:
            wrong += 1
            print(f"case {number}: {json.dumps(case['request'], ensure_ascii=False)}")
            print("\n".join(f"  {one}" for one in found[:8]))
    priced = sum("bill" in answer for answer in answers)
    print(f"{len(cases) - wrong} of {len(cases)} agree, {priced} priced, {len(cases) - priced} refused")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
