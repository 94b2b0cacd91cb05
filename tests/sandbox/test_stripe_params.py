"""How the local Stripe reads a form and checks it against the SDK's parameter types."""

from decimal import Decimal

import pytest
from stripe.params import (
    CustomerUpdateParams,
    PriceCreateParams,
    PriceListParams,
    ProductCreateParams,
    ProductUpdateParams,
    WebhookEndpointUpdateParams,
)

from learnermax_cli.sandbox.stripe_api.errors import StripeApiError
from learnermax_cli.sandbox.stripe_api.form import decode_form
from learnermax_cli.sandbox.stripe_api.params import check_params
from learnermax_cli.sandbox.stripe_api.schema import spec_of
from tests.sandbox.stripe_server import StripeServer


def checked(params: type, body: str, kind: str = "product") -> dict[str, object]:
    """Return a form's typed parameters."""
    return dict(check_params(spec_of(params), decode_form(body.encode()), kind))


def refusal(params: type, body: str, kind: str = "product") -> tuple[str, str | None, str | None]:
    """Return message, param and code of what a form is refused with."""
    with pytest.raises(StripeApiError) as caught:
        checked(params, body, kind)
    return caught.value.body.message, caught.value.body.param, caught.value.body.code


def test_a_form_becomes_nested_values() -> None:
    """Both ways of writing an array; percent signs and pluses are decoded."""
    assert {
        "name": "A b&c",
        "images": ["x", "y"],
        "marketing_features": {"0": {"name": "f"}},
        "metadata": {"courseId": "c 1"},
    } == decode_form(b"name=A+b%26c&images[]=x&images[]=y&marketing_features[0][name]=f&metadata%5BcourseId%5D=c%201")


def test_values_get_the_types_of_the_sdk() -> None:
    """Integers, decimals, booleans, arrays and maps are told apart by the SDK's types."""
    body = "currency=usd&unit_amount=5&active=true&metadata[a]=1&recurring[interval]=day&recurring[interval_count]=2"
    assert {
        "currency": "usd",
        "unit_amount": 5,
        "active": True,
        "metadata": {"a": "1"},
        "recurring": {"interval": "day", "interval_count": 2},
    } == checked(PriceCreateParams, body)
    assert Decimal("0.5") == checked(PriceCreateParams, "currency=usd&unit_amount_decimal=0.5")["unit_amount_decimal"]
    assert ["a", "b"] == checked(PriceListParams, "lookup_keys[1]=b&lookup_keys[0]=a")["lookup_keys"]


def test_a_parameter_may_be_a_number_or_an_object() -> None:
    """`created` is either a second or bounds."""
    assert {"created": 5} == checked(PriceListParams, "created=5")
    assert {"created": {"gt": 5}} == checked(PriceListParams, "created[gt]=5")


@pytest.mark.parametrize(
    ("kind", "params", "name", "limit"),
    [
        ("product", ProductUpdateParams, "description", 40_000),
        ("webhook_endpoint", WebhookEndpointUpdateParams, "description", 5_000),
        ("customer", CustomerUpdateParams, "name", 256),
    ],
)
def test_a_text_of_one_name_has_another_limit_for_another_kind(kind: str, params: type, name: str, limit: int) -> None:
    """As long as Stripe's OpenAPI description has it, and no letter more."""
    assert {name: "x" * limit} == checked(params, f"{name}={'x' * limit}", kind)
    message = f"Invalid string: xxxxxxxxxx...xxxxxxxxxx; must be at most {limit} characters"
    assert (message, name, None) == refusal(params, f"{name}={'x' * (limit + 1)}", kind)


def test_the_sdks_own_options_are_no_parameters() -> None:
    """They stand in the same type, but never travel."""
    assert ("Received unknown parameter: api_key", "api_key", "parameter_unknown") == refusal(
        ProductCreateParams, "name=x&api_key=1"
    )


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        ("name=x&foo=1&bar=2", "Received unknown parameters: foo, bar", "foo", "parameter_unknown"),
        (
            "name=x&default_price_data[currency]=usd&default_price_data[foo]=1",
            "Received unknown parameter: default_price_data[foo]",
            "default_price_data[foo]",
            "parameter_unknown",
        ),
        ("active=true", "Missing required param: name.", "name", "parameter_missing"),
        (
            "name=x&default_price_data[unit_amount]=1",
            "Missing required param: default_price_data[currency].",
            "default_price_data[currency]",
            "parameter_missing",
        ),
        (
            "name=x&default_price_data[currency]=usd&default_price_data[unit_amount]=49.99",
            "Invalid integer: 49.99",
            "default_price_data[unit_amount]",
            "parameter_invalid_integer",
        ),
        ("name=x&active=yes", "Invalid boolean: yes", "active", None),
        ("name=x&type=thing", "Invalid type: must be one of good or service", "type", None),
        ("name=x&images=u", "Invalid array", "images", None),
        ("name=x&metadata=m", "Invalid object", "metadata", None),
        ("name[a]=x", "Invalid string", "name", None),
        ("name=x&metadata[a][b]=c", "Invalid string", "metadata[a]", None),
    ],
)
def test_what_is_wrong_is_told_as_stripe_tells_it(body: str, message: str, param: str, code: str | None) -> None:
    """Message, parameter in bracket notation, and code where there is one."""
    assert (message, param, code) == refusal(ProductCreateParams, body)


def test_an_enum_of_three_is_spelled_out() -> None:
    """The SDK's type admits any string, Stripe does not."""
    expected = "Invalid tax_behavior: must be one of exclusive, inclusive, or unspecified"
    assert expected == refusal(PriceCreateParams, "currency=usd&tax_behavior=maybe")[0]


def test_an_empty_value_unsets_or_is_refused() -> None:
    """As the SDK's types say."""
    assert {"description": "", "images": "", "metadata": ""} == checked(
        ProductUpdateParams, "description=&images=&metadata="
    )
    message, param, code = refusal(ProductUpdateParams, "default_price=")
    assert ("default_price", "parameter_invalid_empty") == (param, code)
    assert message.startswith("You passed an empty string for 'default_price'.")


@pytest.mark.parametrize("amount", ["abc", "NaN", "Infinity", "1.1234567890123"])
def test_a_decimal_is_one_of_twelve_places(amount: str) -> None:
    """Words, infinities and more places are refused."""
    assert "unit_amount_decimal" == refusal(PriceCreateParams, f"currency=usd&unit_amount_decimal={amount}")[1]


def test_a_body_that_is_no_form_is_refused(stripe_server: StripeServer) -> None:
    """JSON is not what v1 speaks."""
    answer = stripe_server.raw("POST", "/v1/products", '{"name": "x"}', Content_Type="application/json")
    assert 400 == answer.status_code
    assert "application/x-www-form-urlencoded" in answer.json()["error"]["message"]


def test_any_other_path_is_unrecognized(stripe_server: StripeServer) -> None:
    """404 with the method and the path."""
    for path in ("/v1/foo", "/v2/foo", "/"):
        answer = stripe_server.raw("GET", path)
        assert 404 == answer.status_code
        assert answer.json()["error"]["message"].startswith(f"Unrecognized request URL (GET: {path}).")
