"""Checks decoded parameters against a spec and turns their strings into values, with Stripe's refusals."""

import re
from decimal import Decimal, InvalidOperation

from learnermax_cli.sandbox.stripe_api.errors import invalid
from learnermax_cli.sandbox.stripe_api.form import Nested, Value
from learnermax_cli.sandbox.stripe_api.metadata import check_metadata
from learnermax_cli.sandbox.stripe_api.schema import Spec

Checked = str | int | float | bool | Decimal | list["Checked"] | dict[str, "Checked"]
Params = dict[str, Checked]

# Texts with a limit of their own, by the whole name or its last part; the others have Stripe's usual OpenAPI
# `maxLength` of 5,000.
_MAX_LENGTH = {
    "business_name": 150,
    "client_reference_id": 200,
    "custom_message": 500,
    "description": 40_000,
    "email": 512,
    "inactive_message": 500,
    "individual_name": 150,
    "integration_identifier": 200,
    "lookup_key": 200,
    "message": 1_200,
    "payment_intent_data[description]": 1_000,
    "statement_descriptor": 22,
    "statement_descriptor_suffix": 22,
    "unit_label": 12,
}
_USUAL_MAX_LENGTH = 5_000
# Where a kind of object has a shorter one than its name has elsewhere.
_MAX_LENGTH_OF_KIND = {
    "customer": {"description": 5_000, "name": 256, "phone": 20},
    "webhook_endpoint": {"description": 5_000},
}
_INTEGER = re.compile(r"[+-]?\d+")
_MAX_DECIMAL_PLACES = 12


def check_params(spec: Spec, values: Nested, kind: str) -> Params:
    """Return the typed parameters of a request about a kind of object; raises Stripe's error for the first bad one."""
    checked = _check_object(spec, values, "")
    for name, limit in _MAX_LENGTH_OF_KIND.get(kind, {}).items():
        if isinstance(text := checked.get(name), str):
            _require_length(text, limit, name)
    return checked


def _check_object(spec: Spec, values: Nested, prefix: str) -> Params:
    unknown = [_name(prefix, name) for name in values if name not in spec.fields]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise invalid(f"Received unknown parameter{plural}: {', '.join(unknown)}", unknown[0], "parameter_unknown")
    for name in sorted(spec.required - values.keys()):
        missing = _name(prefix, name)
        raise invalid(f"Missing required param: {missing}.", missing, "parameter_missing")
    return {name: _check(spec.fields[name], value, _name(prefix, name)) for name, value in values.items()}


def _name(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def _check(spec: Spec, value: Value, param: str) -> Checked:
    if value == "":
        if spec.unsettable:
            return ""
        raise invalid(
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{param}' cannot be unset. "
            f"You should remove '{param}' from your request or supply a non-empty value.",
            param,
            "parameter_invalid_empty",
        )
    if spec.kind == "array":
        return _check_array(spec, value, param)
    if spec.kind in ("map", "object"):
        return _check_mapping(spec, value, param)
    if not isinstance(value, str):
        raise invalid(f"Invalid {spec.kind}", param)
    return _check_scalar(spec, value, param)


def _check_array(spec: Spec, value: Value, param: str) -> Checked:
    if isinstance(value, dict) and all(key.isdecimal() for key in value):
        items = [value[key] for key in sorted(value, key=int)]
    elif isinstance(value, list):
        items = list(value)
    else:
        raise invalid("Invalid array", param)
    if spec.item is None:
        raise AssertionError(param)
    return [_check(spec.item, item, f"{param}[{position}]") for position, item in enumerate(items)]


def _check_mapping(spec: Spec, value: Value, param: str) -> Checked:
    if isinstance(value, str) and spec.scalar is not None:
        return _check_scalar(spec.scalar, value, param)
    if not isinstance(value, dict):
        raise invalid("Invalid object", param)
    if spec.kind == "object":
        return _check_object(spec, value, param)
    if spec.item is None:
        raise AssertionError(param)
    if spec.item.kind == "string":
        checked = check_metadata(value, param)
        return dict(checked)
    return {key: _check(spec.item, item, f"{param}[{key}]") for key, item in value.items()}


def _check_scalar(spec: Spec, text: str, param: str) -> Checked:
    if text in spec.literals:
        return text
    if spec.kind == "string":
        return _check_string(spec, text, param)
    if spec.kind == "boolean":
        if text not in ("true", "false"):
            raise invalid(f"Invalid boolean: {text}", param)
        return text == "true"
    if spec.kind == "integer":
        if not _INTEGER.fullmatch(text):
            raise invalid(f"Invalid integer: {text}", param, "parameter_invalid_integer")
        return int(text)
    number = _decimal(text, param)
    return float(number) if spec.kind == "float" else number


def _check_string(spec: Spec, text: str, param: str) -> str:
    if spec.literals:
        last = ", or " if len(spec.literals) > 2 else " or "
        allowed = (
            last.join([", ".join(spec.literals[:-1]), spec.literals[-1]]) if spec.literals[1:] else spec.literals[0]
        )
        raise invalid(f"Invalid {param}: must be one of {allowed}", param)
    last_part = param.rsplit("[", maxsplit=1)[-1].rstrip("]")
    limit = _MAX_LENGTH.get(param) or _MAX_LENGTH.get(last_part, _USUAL_MAX_LENGTH)
    _require_length(text, limit, param)
    return text


def _require_length(text: str, limit: int, param: str) -> None:
    if len(text) > limit:
        raise invalid(f"Invalid string: {text[:10]}...{text[-10:]}; must be at most {limit} characters", param)


def _decimal(text: str, param: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > _MAX_DECIMAL_PLACES:
        message = f"Invalid decimal: {text}; must contain at maximum {_MAX_DECIMAL_PLACES} decimal places."
        raise invalid(message, param)
    return number
