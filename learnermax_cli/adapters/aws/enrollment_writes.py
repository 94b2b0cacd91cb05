"""Writes enrollments, each conditional on what was read; implements `EnrollmentWriter` and `PendingStore`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from learnermax_cli.adapters.aws.enrollment_table import OPERATOR, item_key, student_key
from learnermax_cli.adapters.aws.table import ConditionFailedError, Table
from learnermax_cli.adapters.aws.values import to_item
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, EventIntent, Payment, Revocation
from learnermax_cli.enrollments.store_model import Kept, NewEnrollment
from learnermax_cli.planning.change import SupersededError

_NAMES = {
    "#status": "paymentStatus",
    "#session": "stripeSessionId",
    "#intent": "stripePaymentIntentId",
    "#at": "enrolledAt",
    "#event": "enrollmentEvent",
    "#since": "accessRevokedAt",
    "#reason": "accessRevokedReason",
    "#by": "accessRevokedBy",
    "#kept": "accessKeptAt",
    "#why": "accessKeptReason",
}
_REVOCATION = ("#since", "#reason", "#by")
_NONE = {":text": "S", ":none": ""}


class EnrollmentWrites:
    """Writes the named attributes of enrollment items, and of students their customer."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put_completed(self, enrollment: Enrollment, payment: Payment, intent: EventIntent | None) -> None:
        """Make an enrollment completed by a payment; raises SupersededError when it is no longer as read."""
        wanted: dict[str, object] = {"paymentStatus": "completed", "stripeSessionId": payment.session_id}
        if payment.intent_id is not None:
            wanted["stripePaymentIntentId"] = payment.intent_id
        if intent is not None:
            wanted["enrollmentEvent"] = intent._asdict()
        condition, values = _as_read(enrollment)
        update, new = _set(wanted)
        gone = ("#intent",) * (payment.intent_id is None and enrollment.payment_intent is not None)
        if enrollment.revoked is not None:
            gone += _REVOCATION
        self._update(enrollment.key, _removing(update, gone), condition, values | new, wanted)

    def revoke(self, enrollment: Enrollment, revocation: Revocation) -> None:
        """Make an enrollment pending again, and note why; raises SupersededError when it is no longer as read."""
        wanted: dict[str, object] = {"paymentStatus": "pending", "accessRevokedAt": revocation.at}
        wanted["accessRevokedReason"] = revocation.reason
        if revocation.by_operator:
            wanted["accessRevokedBy"] = OPERATOR
        condition, values = _as_read(enrollment)
        update, new = _set(wanted)
        gone = () if enrollment.kept_at is None else ("#kept", "#why")
        self._update(enrollment.key, _removing(update, gone), condition, values | new, wanted)

    def keep(self, enrollment: Enrollment, kept: Kept, intent: EventIntent | None) -> None:
        """Let a student in whatever the money does; raises SupersededError when the item is no longer as read."""
        wanted: dict[str, object] = {"paymentStatus": kept.status, "accessKeptAt": kept.at}
        wanted["accessKeptReason"] = kept.reason
        if intent is not None:
            wanted["enrollmentEvent"] = intent._asdict()
        condition, values = _as_read(enrollment)
        update, new = _set(wanted)
        gone = () if enrollment.revoked is None else _REVOCATION
        self._update(enrollment.key, _removing(update, gone), condition, values | new, wanted)

    def create(self, new: NewEnrollment) -> None:
        """Write an enrollment where there is none; raises SupersededError when there is another."""
        user, course = f"USER#{new.key.user_id}", f"COURSE#{new.key.course_id}"
        keys = {"PK": user, "SK": course, "GSI1PK": course, "GSI1SK": user, "entityType": "ENROLLMENT"}
        own = _attributes(new)
        with _superseded(new.key):
            self._table.write(
                "put_item",
                f"creating enrollment {new.key}",
                own,
                Item=to_item({**keys, **own}),
                ConditionExpression="attribute_not_exists(PK)",
            )

    def release(self, enrollment: Enrollment) -> None:
        """Remove a pending enrollment; raises SupersededError when it is no longer as read."""
        condition, values = _as_read(enrollment)
        with _superseded(enrollment.key):
            try:
                self._table.write(
                    "delete_item",
                    f"releasing enrollment {enrollment.key}",
                    Key=item_key(enrollment.key),
                    ConditionExpression=condition,
                    ExpressionAttributeNames=_names(condition),
                    ExpressionAttributeValues=to_item(values),
                )
            except ConditionFailedError as failure:
                if failure.item:  # gone already is what was wanted
                    raise

    def restart(self, enrollment: Enrollment, enrolled_at: str) -> None:
        """Begin a pending enrollment anew, without session; raises SupersededError when it is no longer as read."""
        condition, values = _as_read(enrollment)
        mine = "(#status = :status AND #at = :new AND attribute_not_exists(#session))"  # a retry after a lost answer
        update = _removing("SET #at = :new", ("#session", "#intent"))
        self._update(enrollment.key, update, f"({condition}) OR {mine}", {**values, ":new": enrolled_at})

    def put_session(self, key: EnrollmentKey, enrolled_at: str, session_id: str) -> None:
        """Write the session of a pending enrollment that was begun at `enrolled_at`; one that is there stays."""
        self._update(
            key,
            "SET #session = :session",
            "#status = :pending AND #at = :at AND (attribute_not_exists(#session) OR #session IN (:empty, :session))",
            {":pending": "pending", ":at": enrolled_at, ":session": session_id, ":empty": ""},
        )

    def put_customer(self, user_id: str, customer_id: str) -> None:
        """Write a student's stripeCustomerId; raises SupersededError when there is another, or no such student."""
        try:
            self._table.write(
                "update_item",
                f"writing the customer of {user_id}",
                {"stripeCustomerId": customer_id},
                Key=student_key(user_id),
                UpdateExpression="SET #customer = :customer",
                ConditionExpression=f"attribute_exists(PK) AND {_is_none('#customer')}",
                ExpressionAttributeNames={"#customer": "stripeCustomerId"},
                ExpressionAttributeValues=to_item({":customer": customer_id, **_NONE}),
            )
        except ConditionFailedError as failure:
            what = "already has another Stripe customer" if failure.item else "was deleted"
            raise SupersededError(
                f"student {user_id} {what}", hint="The enrollment is completed anyway.", code="superseded"
            ) from failure

    def take_event(self, enrollment: Enrollment, intent: EventIntent) -> None:
        """Take over the event that another run owes; raises SupersededError when a third one did."""
        assert enrollment.intent is not None
        new, old = intent._asdict(), enrollment.intent._asdict()
        values = {":new": new, ":old": old}
        self._update(enrollment.key, "SET #event = :new", "#event = :old", values, {"enrollmentEvent": new})

    def clear_event(self, key: EnrollmentKey, intent: EventIntent) -> None:
        """Remove an intent; raises SupersededError when another run has taken the event over."""
        gone = "(attribute_exists(PK) AND attribute_not_exists(#event))"  # by a request whose answer was lost
        self._update(key, "REMOVE #event", f"#event = :old OR {gone}", {":old": intent._asdict()})

    def _update(
        self,
        key: EnrollmentKey,
        update: str,
        condition: str,
        values: Mapping[str, object],
        own: Mapping[str, object] | None = None,
    ) -> None:
        with _superseded(key):
            first = self._table.write(
                "update_item",
                f"writing enrollment {key}",
                own,
                Key=item_key(key),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames=_names(update + condition),
                ExpressionAttributeValues=to_item(values),
            )
        if not first:
            raise _changed(key)


def _set(wanted: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Return the update that writes attributes, and its values."""
    return "SET " + ", ".join(f"{name} = :w{name}" for name in wanted), {f":w{name}": wanted[name] for name in wanted}


def _removing(update: str, gone: tuple[str, ...]) -> str:
    """Return an update that also removes attributes."""
    return f"{update} REMOVE {', '.join(gone)}" if gone else update


def _as_read(enrollment: Enrollment) -> tuple[str, dict[str, object]]:
    """Return the condition, and its values, that an enrollment is still as it was read."""
    conditions = ["#status = :status"]
    values: dict[str, object] = {":status": enrollment.status}
    since = None if enrollment.revoked is None else enrollment.revoked.at
    read = {"session": enrollment.session_id, "at": enrollment.enrolled_at, "since": since, "kept": enrollment.kept_at}
    for name, text in read.items():
        if text:
            conditions.append(f"#{name} = :{name}")
            values[f":{name}"] = text
        else:
            conditions.append(_is_none(f"#{name}"))
            values |= _NONE
    return " AND ".join(conditions), values


def _is_none(name: str) -> str:
    """Return the condition, with the values of `_NONE`, that an attribute is what is read as none."""
    return f"(attribute_not_exists({name}) OR NOT attribute_type({name}, :text) OR {name} = :none)"


def _names(expression: str) -> dict[str, str]:
    """Return the placeholders of an expression: DynamoDB rejects a request with more than it uses."""
    return {placeholder: name for placeholder, name in _NAMES.items() if placeholder in expression}


@contextmanager
def _superseded(key: EnrollmentKey) -> Iterator[None]:
    """Raise SupersededError where a condition failed."""
    try:
        yield
    except ConditionFailedError as failure:
        raise _changed(key) from failure


def _changed(key: EnrollmentKey) -> SupersededError:
    message = f"{key} was changed by another process in the meantime"
    return SupersededError(message, hint="Run the command again.", code="superseded")


def _attributes(new: NewEnrollment) -> dict[str, object]:
    return {
        "userId": new.key.user_id,
        "courseId": new.key.course_id,
        "enrollmentType": new.enrollment_type,
        "enrolledAt": new.enrolled_at,
        "paymentStatus": new.status,
        "progress": 0,
        "completed": False,
        **new.extra,
        **({} if new.intent is None else {"enrollmentEvent": new.intent._asdict()}),
    }
