"""Finds a student by whatever a customer can show: an id, an address, or an object of Stripe."""

from typing import TypeVar

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.ownership import id_flaw
from learnermax_cli.core.remedy import join, lmx
from learnermax_cli.enrollments.model import Student, usable_session_id
from learnermax_cli.enrollments.store_model import StudentReader
from learnermax_cli.students.model import Lead, Sale, StudentJob, Wanted
from learnermax_cli.students.read_case import CaseReads

_MAX_KEY = 2_048  # bytes of an index's key [doc "Quotas"]
_OTHER_IDS = "give an e-mail address, or an id from a receipt: cs_, pi_, ch_, re_, cus_ ..."

T = TypeVar("T")


def find_students(reader: StudentReader, address: str) -> list[Student]:
    """Return the students with an address, as it stands and in lower case; read by key, since the index may lag.

    Where there is none, an id may look like an address.
    """
    forms = [form for form in dict.fromkeys((address, address.lower())) if len(form.encode()) <= _MAX_KEY]
    ids = {user_id for form in forms for user_id in reader.find_user_ids(form)}
    ids = ids or ({address} if id_flaw("user", address) is None else set())
    students = reader.read_students(ids).values() if ids else ()
    return sorted(s for s in students if address in (s.user_id, s.email) or (s.email or "").lower() == address.lower())


def find_user(job: StudentJob, address: str) -> str:
    """Return the id of the student with an address; raises FailedError for none and for two."""
    students = find_students(job.enrollments, address)
    if not students:
        raise FailedError(
            f"table {job.settings.table} has no student with the address {address}, as it stands or in lower case",
            hint="Check the address; what was paid under it, if anything: " + lmx("students show", address),
            code="invalid.unknown_student",
        )
    _require_one(f"the address {address}", students, "Give the id of one of them as --user.")
    return students[0].user_id


def find_student(reads: CaseReads, wanted: Wanted) -> Student | None:
    """Return whose case it is, None for a payment whose payer is no student of the table; raises FailedError where
    nothing is found, or two students are."""
    match wanted.kind:
        case "student":
            return _by_id(reads, wanted.value)
        case "address":
            return _by_address(reads, wanted)
        case "charge" | "refund" | "dispute" as kind:
            reads.require_left()
            _follow(reads, _there(reads, wanted, reads.stripe.read_lead(kind, wanted.value)))
        case "event":
            _follow(reads, _lead_of_event(reads, wanted))
        case "session" | "payment_intent" | "customer" as kind:
            _follow(reads, Lead(kind, wanted.value))
    return _payer(reads, wanted)


def _by_id(reads: CaseReads, user_id: str) -> Student:
    readable = id_flaw("user", user_id) is None
    student = reads.job.enrollments.read_students([user_id]).get(user_id) if readable else None
    if student is not None:
        return student
    raise FailedError(
        f"table {reads.job.settings.table} has no student {user_id}",
        hint=f"Check the id and -e; or {_OTHER_IDS}",
        code="invalid.unknown_student",
    )


def _by_address(reads: CaseReads, wanted: Wanted) -> Student | None:
    """Return the student with an address, else who paid under it."""
    address = wanted.value
    students = find_students(reads.job.enrollments, address)
    if students:
        show = join(" or ", [lmx("students show", student.user_id) for student in students])
        _require_one(f"the address {address}", students, show)
        return students[0]
    reads.list_address(address)
    if reads.found.sales:
        return _payer(reads, wanted)
    raise FailedError(
        f"nobody has the address {address}: not found in table {reads.job.settings.table} (as it stands and in lower "
        "case), nor at Stripe among sessions and customers",
        hint="Check the spelling and -e; or give an id from a receipt: pi_, ch_ or cs_.",
        code="invalid.unknown_student",
    )


def _lead_of_event(reads: CaseReads, wanted: Wanted) -> Lead:
    reads.require_left()
    event = _there(reads, wanted, reads.stripe.read_event(wanted.value))
    reads.found.events.append(event)
    if event.lead is not None:
        return event.lead
    raise FailedError(
        f"event {event.event_id} ({event.type}) is about no payment",
        hint="Give the id of the session, payment or customer instead.",
        code="invalid.unknown_payment",
    )


def _follow(reads: CaseReads, lead: Lead) -> None:
    """Read what an object of Stripe is about; raises FailedError where there is no such object."""
    wanted = Wanted(lead.kind, lead.value)
    match lead.kind:
        case "session":
            reads.require_left()
            sale = reads.stripe.read_sale(lead.value) if usable_session_id(lead.value) else None
            reads.keep([_there(reads, wanted, sale)])
        case "payment_intent":
            reads.list_sales("payment_intent", lead.value)
            if not reads.found.sales:
                reads.require_left()
                reads.keep([Sale(_there(reads, wanted, reads.stripe.read_intent(lead.value)))])
        case "customer":
            reads.require_left()
            customer = _there(reads, wanted, reads.stripe.read_customer(lead.value))
            reads.found.customer = customer
            if customer.deleted:
                reads.found.notes.append(f"customer {customer.customer_id} was deleted at Stripe")
            reads.list_sales("customer", lead.value)


def _payer(reads: CaseReads, wanted: Wanted) -> Student | None:
    """Return the student that the sales found name, else who has their address; None for no student."""
    found = reads.found
    named = {user for s in found.sales.values() if (user := s.payment.user_id) and not id_flaw("user", user)}
    students = sorted(reads.job.enrollments.read_students(named).values()) if named else []
    found.students.update(student.user_id for student in students)
    show = join(" or ", [lmx("students show", student.user_id) for student in students])
    _require_one(str(wanted), students, show)
    if students:
        return students[0]
    customer = found.customer.email if found.customer else None
    for address in dict.fromkeys(filter(None, [customer, *(sale.email for sale in found.sales.values())])):
        students = find_students(reads.job.enrollments, address)
        if len(students) == 1:
            return students[0]
        ids = ", ".join(student.user_id for student in students)
        found.notes += [f"{len(students)} students have the address {address}: {ids}"] if students else []
    if found.sales:
        return None
    raise FailedError(
        f"{wanted} has no session, and table {reads.job.settings.table} has no student with the address "
        f"{customer or 'of it, for it has none'}",
        hint="Give the address of the student on the site, or an id from a receipt: pi_, ch_ or cs_.",
        code="invalid.unknown_student",
    )


def _require_one(what: str, students: list[Student], hint: str) -> None:
    if len(students) > 1:
        ids = ", ".join(student.user_id for student in students)
        message = f"{what} is that of {len(students)} students: {ids}"
        raise FailedError(message, hint=hint, code="invalid.ambiguous_student")


def _there(reads: CaseReads, wanted: Wanted, found: T | None) -> T:
    """Return what was read; raises FailedError where Stripe has no such object for this key."""
    if found is not None:
        return found
    mode = reads.job.stripe_identity.mode
    hint = f"Check the id, and that it is of this account and of {mode} mode (-e); or {_OTHER_IDS}"
    if wanted.kind == "event":
        hint = "Stripe keeps events for 30 days; give the id of the session, payment or customer instead."
    message = f"Stripe has no {wanted} for this key"
    raise FailedError(message, hint=hint, code="invalid.unknown_payment")
