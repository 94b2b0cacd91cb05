"""The table of endpoints; a new resource is a file of handlers and its lines here."""

from functools import partial

from stripe.params import (
    AccountRetrieveCurrentParams,
    AccountRetrieveParams,
    ChargeListParams,
    ChargeRetrieveParams,
    CouponCreateParams,
    CouponListParams,
    CouponRetrieveParams,
    CustomerCreateParams,
    CustomerDeleteParams,
    CustomerListParams,
    CustomerRetrieveParams,
    CustomerSearchParams,
    CustomerUpdateParams,
    DisputeListParams,
    DisputeRetrieveParams,
    EventListParams,
    EventRetrieveParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PaymentIntentUpdateParams,
    PaymentLinkCreateParams,
    PaymentLinkLineItemListParams,
    PaymentLinkListParams,
    PaymentLinkRetrieveParams,
    PaymentLinkUpdateParams,
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    PriceUpdateParams,
    ProductCreateParams,
    ProductDeleteParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductUpdateParams,
    PromotionCodeCreateParams,
    PromotionCodeListParams,
    PromotionCodeRetrieveParams,
    PromotionCodeUpdateParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
    WebhookEndpointUpdateParams,
)
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
    SessionUpdateParams,
)

from learnermax_cli.sandbox.stripe_api.resources import (
    accounts,
    customer_search,
    customers,
    events,
    payment_intents,
    payment_links,
    prices,
    products,
    promotions,
    refunds,
    sessions,
    webhook_endpoints,
)
from learnermax_cli.sandbox.stripe_api.resources.stored import list_equal, stored
from learnermax_cli.sandbox.stripe_api.routing import Handler, Method, Route

_SESSION = "/v1/checkout/sessions"
_LINK = "/v1/payment_links"
_CODE = "/v1/promotion_codes"
_ENDPOINT = "/v1/webhook_endpoints"


def _session(method: Method, path: str, params: type, handler: Handler) -> Route:
    is_list = handler is sessions.list_sessions
    return Route(method, _SESSION + path, params, handler, sessions.KIND, is_list, "checkout_session")


def _retrieve(path: str, params: type, kind: str, permission: str = "") -> Route:
    return Route("GET", path + "/{id}", params, partial(stored, kind=kind), kind, permission=permission)


def _list(path: str, params: type, kind: str, *fields: str, permission: str = "") -> Route:
    """Return the route of a list that is filtered by equal fields alone."""
    handler = partial(list_equal, kind=kind, names=fields)
    return Route("GET", path, params, handler, kind, is_list=True, permission=permission)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/account", AccountRetrieveCurrentParams, accounts.retrieve_current, "account"),
    Route("GET", "/v1/accounts/{id}", AccountRetrieveParams, accounts.retrieve, "account"),
    Route("POST", "/v1/products", ProductCreateParams, products.create, "product"),
    Route("GET", "/v1/products", ProductListParams, products.list_products, "product", is_list=True),
    _retrieve("/v1/products", ProductRetrieveParams, "product"),
    Route("POST", "/v1/products/{id}", ProductUpdateParams, products.update, "product"),
    Route("DELETE", "/v1/products/{id}", ProductDeleteParams, products.delete, "product"),
    Route("POST", "/v1/prices", PriceCreateParams, prices.create, "price"),
    Route("GET", "/v1/prices", PriceListParams, prices.list_prices, "price", is_list=True),
    _retrieve("/v1/prices", PriceRetrieveParams, "price"),
    Route("POST", "/v1/prices/{id}", PriceUpdateParams, prices.update, "price"),
    _session("POST", "", SessionCreateParams, sessions.create),
    _session("GET", "", SessionListParams, sessions.list_sessions),
    _session("GET", "/{id}", SessionRetrieveParams, sessions.retrieve),
    _session("POST", "/{id}", SessionUpdateParams, sessions.update),
    _session("POST", "/{id}/expire", SessionExpireParams, sessions.expire),
    Route(
        "GET", _SESSION + "/{id}/line_items", SessionLineItemListParams, sessions.list_line_items, "item",
        is_list=True, permission="checkout_session",
    ),
    Route("POST", _LINK, PaymentLinkCreateParams, payment_links.create, "payment_link"),
    Route("GET", _LINK, PaymentLinkListParams, payment_links.list_links, "payment_link", is_list=True),
    _retrieve(_LINK, PaymentLinkRetrieveParams, "payment_link"),
    Route("POST", _LINK + "/{id}", PaymentLinkUpdateParams, payment_links.update, "payment_link"),
    Route(
        "GET", _LINK + "/{id}/line_items", PaymentLinkLineItemListParams, payment_links.list_line_items, "item",
        is_list=True, permission="payment_link",
    ),
    Route("POST", "/v1/customers", CustomerCreateParams, customers.create, "customer"),
    Route("GET", "/v1/customers", CustomerListParams, customers.list_customers, "customer", is_list=True),
    Route("GET", "/v1/customers/search", CustomerSearchParams, customer_search.search, "customer", is_list=True),
    Route("GET", "/v1/customers/{id}", CustomerRetrieveParams, customers.retrieve, "customer"),
    Route("POST", "/v1/customers/{id}", CustomerUpdateParams, customers.update, "customer"),
    Route("DELETE", "/v1/customers/{id}", CustomerDeleteParams, customers.delete, "customer"),
    _list("/v1/payment_intents", PaymentIntentListParams, "payment_intent", "customer"),
    _retrieve("/v1/payment_intents", PaymentIntentRetrieveParams, "payment_intent"),
    Route("POST", "/v1/payment_intents/{id}", PaymentIntentUpdateParams, payment_intents.update, "payment_intent"),
    _list("/v1/charges", ChargeListParams, "charge", "customer", "payment_intent", "transfer_group"),
    _retrieve("/v1/charges", ChargeRetrieveParams, "charge"),
    Route("POST", "/v1/refunds", RefundCreateParams, refunds.create, "refund", permission="charge"),
    _list("/v1/refunds", RefundListParams, "refund", "charge", "payment_intent", permission="charge"),
    _retrieve("/v1/refunds", RefundRetrieveParams, "refund", permission="charge"),
    _list("/v1/disputes", DisputeListParams, "dispute", "charge", "payment_intent"),
    _retrieve("/v1/disputes", DisputeRetrieveParams, "dispute"),
    Route("POST", "/v1/coupons", CouponCreateParams, promotions.create_coupon, "coupon"),
    _list("/v1/coupons", CouponListParams, "coupon"),
    _retrieve("/v1/coupons", CouponRetrieveParams, "coupon"),
    Route("POST", _CODE, PromotionCodeCreateParams, promotions.create_code, "promotion_code"),
    Route("GET", _CODE, PromotionCodeListParams, promotions.list_codes, "promotion_code", is_list=True),
    _retrieve(_CODE, PromotionCodeRetrieveParams, "promotion_code"),
    Route("POST", _CODE + "/{id}", PromotionCodeUpdateParams, promotions.update_code, "promotion_code"),
    Route("GET", "/v1/events", EventListParams, events.list_events, "event", is_list=True),
    Route("GET", "/v1/events/{id}", EventRetrieveParams, events.retrieve, "event"),
    Route("POST", _ENDPOINT, WebhookEndpointCreateParams, webhook_endpoints.create, "webhook_endpoint"),
    Route(
        "GET", _ENDPOINT, WebhookEndpointListParams, webhook_endpoints.list_endpoints, "webhook_endpoint", is_list=True
    ),
    _retrieve(_ENDPOINT, WebhookEndpointRetrieveParams, "webhook_endpoint"),
    Route("POST", _ENDPOINT + "/{id}", WebhookEndpointUpdateParams, webhook_endpoints.update, "webhook_endpoint"),
    Route("DELETE", _ENDPOINT + "/{id}", WebhookEndpointDeleteParams, webhook_endpoints.delete, "webhook_endpoint"),
)  # fmt: skip
